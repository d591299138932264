import { type CampaignFile, shortcomingsOf } from '../run/campaign/campaign-file.js'
import type { ScenarioTotals } from '../run/campaign/scenario-totals.js'
import { type CampaignSurroundings, statedAt } from './campaign-report.js'
import { firstLine } from './hunt-progress-text.js'
import { count } from './numbers.js'

/** Lines that GitHub Actions shows beside a workflow's run: an error for each sort of failure and each shortcoming. */
export function githubAnnotations(file: CampaignFile, around: CampaignSurroundings): string[] {
  const failures = file.asked.scenarios.flatMap((asked, i) =>
    (file.totals[i] as ScenarioTotals).failures.list().map((failure) => {
      const { outcome, check, count: times, kept } = failure
      const again = Object.entries(around.commands(asked, failure)).map(([name, command]) => `${name}: ${command}`)
      const text = [`${firstLine(kept.message)} (${count(times)} ${times === 1 ? 'seed' : 'seeds'})`, ...again].join('\n')
      return annotation(`${asked.scenario}: ${outcome}: ${check}, seed ${kept.seed}`, text, asked.file)
    }),
  )
  const shortcomings = shortcomingsOf(file).map((shortcoming) => {
    const place = statedAt(shortcoming, around)
    return annotation('seedfall hunt', `${shortcoming.scenario}: ${shortcoming.text}${place === undefined ? '' : `; stated at ${place}`}`, undefined)
  })
  return [...failures, ...shortcomings]
}

function annotation(title: string, text: string, file: string | undefined): string {
  const place = file === undefined ? '' : `file=${property(file)},`
  return `::error ${place}title=${property(title)}::${data(text)}`
}

/** As the runner's own toolkit escapes them. */
const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C')
