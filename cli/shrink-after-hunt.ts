import { exitCodes } from '../sim/report/exit-code.js'
import { BadInput } from './bad-input.js'
import type { AfterFailure } from './hunt-command.js'
import type { HuntFlags } from './hunt-options.js'

/** What a hunt does on request with each failure that it kept: the shrunk run is written beside it, and its story told. */
export function shrinkAfterHunt({ shrink, jobs, json }: HuntFlags): AfterFailure | undefined {
  if (shrink === undefined) return undefined
  return async (replay, terminal) => {
    const { shrinkCommand } = await import('./shrink-command.js')
    // With --json the hunt's result is all that standard output has.
    const told = json === true ? { ...terminal, out: terminal.error } : terminal
    told.out('')
    try {
      return (await shrinkCommand(replay, { time: shrink, ...(jobs === undefined ? {} : { jobs }) }, told)) !== exitCodes.interrupted
    } catch (error) {
      // The others may shrink all the same.
      if (!(error instanceof BadInput)) throw error
      told.error(error.message)
      return true
    }
  }
}
