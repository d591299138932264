import { type CampaignFile, shortcomingsOf } from '../run/campaign/campaign-file.js'
import type { FailureTotals } from '../run/campaign/failure-totals.js'
import type { ScenarioTotals } from '../run/campaign/scenario-totals.js'
import { type CampaignSurroundings, statedAt } from './campaign-report.js'
import { firstLine } from './hunt-progress-text.js'
import { count } from './numbers.js'

/**
 * A campaign as JUnit XML, for the test pages of CI servers: a suite for each scenario, in it a case for the seeds that passed and one for each sort of failure.
 */
export function junitXml(file: CampaignFile, around: CampaignSurroundings): string {
  const shortcomings = shortcomingsOf(file)
  const suites = file.asked.scenarios.map((asked, i) => {
    const totals = file.totals[i] as ScenarioTotals
    const failures = totals.failures.list()
    const missing = shortcomings.filter(({ scenario }) => scenario === asked.scenario)
    const passed = totals.runs - totals.failed
    const cases = [
      ...(passed > 0 ? [`    <testcase classname="${escaped(asked.scenario)}" name="${count(passed)} of ${count(totals.runs)} seeds pass"/>`] : []),
      ...failures.map((failure) => failedCase(asked.scenario, failure, around.commands(asked, failure))),
      ...missing.map((shortcoming) => {
        const { text } = shortcoming
        const place = statedAt(shortcoming, around)
        return testCase(asked.scenario, text, 'shortcoming', text, place === undefined ? '' : `stated at ${place}`)
      }),
    ]
    const { length } = cases
    return [
      `  <testsuite name="${escaped(asked.scenario)}" tests="${length}" failures="${failures.length + missing.length}" errors="0" skipped="0">`,
      ...cases,
      '  </testsuite>',
    ]
  })
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="seedfall hunt">', ...suites.flat(), '</testsuites>', ''].join('\n')
}

function failedCase(
  scenario: string,
  { outcome, check, fingerprint, count: times, seeds, kept }: FailureTotals,
  commands: Readonly<Record<string, string>>,
): string {
  const message = `${check}: ${firstLine(kept.message)} (${count(times)} ${times === 1 ? 'seed' : 'seeds'}, seed ${kept.seed})`
  const details = [
    kept.message,
    `seeds: ${seeds.join(' ')}${times > seeds.length ? ' …' : ''}`,
    ...Object.entries(commands).map(([name, command]) => `${name}: ${command}`),
  ]
  return testCase(scenario, `${outcome}: ${check} ${fingerprint}`, outcome, message, details.join('\n'))
}

function testCase(scenario: string, name: string, type: string, message: string, text: string): string {
  return [
    `    <testcase classname="${escaped(scenario)}" name="${escaped(name)}">`,
    `      <failure type="${escaped(type)}" message="${escaped(message)}">${escaped(text)}</failure>`,
    '    </testcase>',
  ].join('\n')
}

/** For text and attributes; what XML 1.0 cannot hold at all becomes a question mark. */
function escaped(text: string): string {
  return (
    text
      .replace(/\p{Surrogate}/gu, '?')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML refuses.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
      .replace(/[&<>"\n\r\t]/g, (character) => entities[character] ?? `&#${character.charCodeAt(0)};`)
  )
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
