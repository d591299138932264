import { filesOf } from '../../systems/kv/garbage.js'
import type { MappingTable } from '../../systems/kv/mapping.js'
import type { KvFault, KvJudge, Seen } from './observer.js'

/**
 * No two logical pages lie in one place (MapInjective). A place is not written while a state that somebody may read, or the durable manifest, has a page there
 * (NoReuseWhileReferenced). A file goes only when none of them and no archive has pages in it (GcSafe).
 */
export const places = (): KvJudge => {
  /** By partition and archive the files that it names. */
  const archived = new Map<string, ReadonlySet<number>>()
  return (seen) => {
    const { event, partition, model } = seen
    if (partition === undefined) return undefined
    const { filePages, mapping } = partition.core.state
    switch (event.kind) {
      case 'allocated':
        return reused(seen, event.physical)
      case 'committed':
        return injective(mapping, model.name)
      case 'archived':
        archived.set(`${model.name}/${event.name}`, filesOf(mapping, filePages))
        return undefined
      case 'archives-found':
        for (const key of [...archived.keys()])
          if (key.startsWith(`${model.name}/`) && !event.names.some((name) => key === `${model.name}/${name}`)) archived.delete(key)
        return undefined
      case 'archive-removed':
        archived.delete(`${model.name}/${event.name}`)
        return undefined
      case 'removed-file':
        return stillNamed(seen, event.file, filePages, archived)
      default:
        return undefined
    }
  }
}

function* namers({ partition, durable }: Seen): Generator<{ readonly who: string; readonly mapping: MappingTable }> {
  for (const { sequence, mapping } of partition?.core.chain.live ?? []) yield { who: `state ${sequence}`, mapping }
  const kept = durable?.kept()
  if (kept !== undefined && kept !== null) yield { who: `the durable manifest, state ${kept.state.sequence},`, mapping: kept.state.mapping }
}

function reused(seen: Seen, physical: readonly number[]): KvFault | undefined {
  const taken = new Set(physical)
  for (const { who, mapping } of namers(seen)) {
    for (const page of mapping.pages()) {
      if (taken.has(page.physical))
        return {
          check: 'NoReuseWhileReferenced',
          message: `${seen.model.name}: place ${page.physical} is to be written, and ${who} has logical page ${page.logical} there`,
        }
    }
  }
  return undefined
}

function injective(mapping: MappingTable, name: string): KvFault | undefined {
  const at = new Map<number, number>()
  for (const { logical, physical } of mapping.pages()) {
    const other = at.get(physical)
    if (other !== undefined) return { check: 'MapInjective', message: `${name}: logical pages ${other} and ${logical} lie both at ${physical}` }
    at.set(physical, logical)
  }
  return undefined
}

function stillNamed(seen: Seen, file: number, filePages: number, archived: ReadonlyMap<string, ReadonlySet<number>>): KvFault | undefined {
  const { name } = seen.model
  for (const { who, mapping } of namers(seen)) {
    if (filesOf(mapping, filePages).has(file)) return { check: 'GcSafe', message: `${name}: data file ${file} is removed, and ${who} has pages in it` }
  }
  for (const [archive, files] of archived) {
    if (archive.startsWith(`${name}/`) && files.has(file))
      return { check: 'GcSafe', message: `${name}: data file ${file} is removed, and ${archive} has pages in it` }
  }
  return undefined
}
