import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { canonicalText } from '../sim/check/canonical-text.js'
import type { Discovery } from '../sim/check/model-checker.js'
import { spaceOf } from '../sim/check/model-checker.js'
import type { ModelFamily, SettingValue } from '../sim/check/model-family.js'
import { replayActions } from '../sim/check/model-replay.js'
import { Misuse } from '../sim/host/errors.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { BadInput } from './bad-input.js'
import { loadModel } from './load-model.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

const format = 'seedfall-model-trace'

/** What happened in a model until a property fell: small, and made again by `seedfall replay`. */
const traceSchema = v.object({
  format: v.literal(format),
  version: v.literal(1),
  model: v.string(),
  /** The model's file when it is none of Seedfall's own, relative to where the command ran. */
  file: v.optional(v.string()),
  settings: v.record(v.string(), v.union([v.number(), v.boolean(), v.string()])),
  property: v.string(),
  detail: v.string(),
  /** Each as people read it, and as it is found again. */
  actions: v.array(v.object({ does: v.string(), action: v.string() })),
  loopsTo: v.optional(v.number()),
})

type ModelTrace = v.InferOutput<typeof traceSchema>

/** Writes the trace of a counterexample; answers the file's name, relative to the folder. */
export function writeModelTrace(
  family: ModelFamily,
  file: string | undefined,
  settings: Readonly<Record<string, SettingValue>>,
  { property, detail, actions, loopsTo }: Discovery<unknown, unknown>,
  describe: (action: unknown) => string,
  folder: string,
): string {
  const trace: ModelTrace = {
    format,
    version: 1,
    model: family.name,
    ...(file === undefined ? {} : { file }),
    settings: { ...settings },
    property,
    detail,
    actions: actions.map((action) => ({ does: describe(action), action: canonicalText(action) })),
    ...(loopsTo === undefined ? {} : { loopsTo }),
  }
  const name = path.join('.seedfall', `${family.name}-${property.replace(/[^A-Za-z0-9]+/g, '-')}.json`)
  mkdirSync(path.join(folder, '.seedfall'), { recursive: true })
  writeFileSync(path.join(folder, name), `${JSON.stringify(trace, null, 2)}\n`)
  return name
}

/** The trace in a file, when it is one of a model; null: it is something else, or is not there. */
export function readModelTrace(file: string, folder: string): ModelTrace | null {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path.resolve(folder, file), 'utf8'))
  } catch {
    // Whoever reads replays of runs says what is wrong with it.
    return null
  }
  if ((value as { format?: unknown } | null)?.format !== format) return null
  const parsed = v.safeParse(traceSchema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new BadInput(`${file} is no trace of a model: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`)
}

/** Does what the trace says, on the model as it is now. */
export async function replayModelTrace(trace: ModelTrace, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const { family, file } = await loadModel(trace.file ?? trace.model, terminal.folder)
  const { done, state, holds } = repeated(trace, family, file)
  const isStale = done < trace.actions.length || holds === null
  const falls = !isStale && (holds === false || trace.loopsTo !== undefined)
  const exitCode = isStale ? exitCodes.stale : falls ? exitCodes.violation : exitCodes.passed
  if (json) {
    terminal.out(
      JSON.stringify({ model: trace.model, settings: trace.settings, property: trace.property, done, actions: trace.actions.length, falls, isStale }),
    )
    return exitCode
  }
  const { paint } = terminal
  terminal.out(`${falls ? paint.bad('✗ counterexample') : isStale ? paint.bad('✗ stale') : paint.good('✓ holds')}  ${trace.model}  ${trace.property}`)
  for (const [i, { does }] of trace.actions.slice(0, done).entries()) terminal.out(`  ${String(i + 1).padStart(3)}  ${does}`)
  if (holds === null) terminal.out(`  the model has no property '${trace.property}' any more`)
  else if (isStale) terminal.out(`  ${String(done + 1).padStart(3)}  ${trace.actions[done]?.does}: this cannot happen here any more`)
  else if (falls) terminal.out(`  ${trace.detail}`)
  else terminal.out(`  '${trace.property}' holds after it now: the model, or what it is made of, has changed since`)
  if (!isStale) terminal.out(`  ${paint.faint('state')}  ${stateText(state)}`)
  return exitCode
}

function repeated(trace: ModelTrace, family: ModelFamily, file: string | undefined): ReturnType<typeof replayActions> {
  try {
    const space = spaceOf(madeModel(family, trace.settings), false)
    return replayActions(
      space,
      trace.actions.map(({ action }) => action),
      trace.property,
    )
  } catch (error) {
    throw blame(error, file, 'threw')
  }
}

export const stateText = (state: unknown): string => canonicalText(state)

/** The model with these settings; what does not fit is bad input. */
export function madeModel(family: ModelFamily, settings: Readonly<Record<string, SettingValue>>): ReturnType<ModelFamily['make']> {
  const missing = Object.keys(family.settings).find((name) => !(name in settings))
  if (missing !== undefined) throw new BadInput(`${family.name} has a setting '${missing}', which is not given`)
  try {
    return family.make(settings)
  } catch (error) {
    if (error instanceof Misuse) throw new BadInput(`${family.name}: ${error.message}`)
    throw error
  }
}
