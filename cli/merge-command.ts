import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { ExitCode } from '../sim/report/exit-code.js'
import { type CampaignFile, campaignJson } from '../sim/run/campaign/campaign-file.js'
import { mergeCampaigns } from '../sim/run/campaign/merge-campaigns.js'
import { CampaignFileError, parseCampaign } from '../sim/run/campaign/parse-campaign.js'
import { BadInput } from './bad-input.js'
import type { MergeFlags } from './hunt-options.js'
import { writeText } from './replay-file.js'
import { tellCampaign } from './tell-campaign.js'
import type { Terminal } from './terminal.js'

/** `merge`: several hunts' results as one, told as a hunt tells its own. */
export function merge(names: readonly string[], { out, json, junit }: MergeFlags, terminal: Terminal): ExitCode {
  const files = names.map((name) => readCampaign(name, terminal.folder))
  const merged = together(files, names)
  const exitCode = tellCampaign(merged, { folder: '', json, junit }, terminal)
  if (out !== undefined) writeText(out, terminal.folder, `${JSON.stringify({ ...campaignJson(merged), folder: '' }, null, 1)}\n`)
  return exitCode
}

function together(files: readonly CampaignFile[], names: readonly string[]): CampaignFile {
  try {
    return mergeCampaigns(files)
  } catch (error) {
    if (error instanceof CampaignFileError) throw new BadInput(`${names.join(', ')}: these campaigns ${error.message}`)
    throw error
  }
}

/** A hunt's directory, its `hunt.json`, or what `hunt --json` printed; replay files are named from where the command runs. */
function readCampaign(name: string, home: string): CampaignFile {
  const given = path.resolve(home, name)
  const isFolder = existsSync(given) && statSync(given).isDirectory()
  const file = isFolder ? path.join(name, 'hunt.json') : name
  let text: string
  try {
    text = readFileSync(path.resolve(home, file), 'utf8')
  } catch (error) {
    throw new BadInput(`${file} cannot be read: ${(error as Error).message}`)
  }
  try {
    const campaign = parseCampaign(text)
    const { folder } = JSON.parse(text) as { folder?: unknown }
    for (const totals of campaign.totals) totals.failures.moveReplays(typeof folder === 'string' ? folder : path.dirname(file))
    return campaign
  } catch (error) {
    if (error instanceof CampaignFileError) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}
