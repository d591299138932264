import type { KvJudge } from './observer.js'

/**
 * What is acknowledged is durable (ManifestReachable): the manifest says so, and every page that it leads to is there, is whole and is the one it should be. Its
 * keys are in order, within the bounds that lead to them, and data pages are linked in that order (TreeOrder). Every page in use is led to once (OverflowBalance).
 */
export const durableTrees =
  (): KvJudge =>
  ({ event, model, durable }) => {
    if ((event.kind !== 'committed' && event.kind !== 'recovered') || durable === null) return undefined
    const kept = durable.kept()
    const sequence = kept?.sequence ?? 0
    if (event.kind === 'committed' && sequence < event.sequence)
      return { check: 'ManifestReachable', message: `${model.name}: state ${event.sequence} is acknowledged, and the durable manifest has state ${sequence}` }
    if (kept === null) return undefined
    const { state } = kept
    const found = durable.walk(state, event.kind === 'recovered')
    return 'check' in found ? { check: found.check, message: `${model.name}, state ${state.sequence}: ${found.message}` } : undefined
  }
