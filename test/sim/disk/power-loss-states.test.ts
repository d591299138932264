import { describe, expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { FileInode } from '../../../sim/disk/file-inode.js'
import { sectorBytes } from '../../../sim/disk/geometry.js'
import { describeState, diskWithOnePage, sector, sequences } from './disk-states.js'
import { EveryOutcome } from './every-outcome.js'
import { type Action, possibleStates } from './reference-rules.js'

/** The actions, on a durable file `a` of one page. */
function perform(actions: readonly Action[]): DiskImage {
  const { image, file } = diskWithOnePage(() => new DiskImage())
  actions.forEach((action, index) => {
    if (action.kind === 'write') image.write(file, action.sector * sectorBytes, sector(String(index + 1), action.count))
    else if (action.kind === 'truncate') image.truncate(file, action.sectors * sectorBytes)
    else if (action.kind === 'sync') image.finishSync(file, image.beginSync(file))
    else if (action.kind === 'misdirect') misdirectedSync(image, file, action.sector, action.other)
    else if (action.kind === 'sync-error') image.failSync(file, image.beginSync(file))
    else if (action.kind === 'lie') image.beginSync(file)
    else if (action.kind === 'rot') image.rot(pathOf(image, file), action.sector, 0x5eed)
    else if (action.kind === 'wipe') image.wipe()
    else if (action.kind === 'sync-directory') image.syncDirectory('')
    else if (action.kind === 'create') image.openFile(action.name, { create: true })
    else if (action.kind === 'remove' && image.find(action.name, 'stat') !== null) image.remove(action.name)
    else if (action.kind === 'rename' && image.find(action.from, 'stat') !== null) image.rename(action.from, action.to)
  })
  return image
}

function misdirectedSync(image: DiskImage, file: FileInode, sectorOfIt: number, other: number): void {
  image.misdirectSync(file, image.beginSync(file), sectorOfIt, { path: pathOf(image, file), sector: other })
}

function pathOf(image: DiskImage, file: FileInode): string {
  return image.durableFiles().find((each) => each.file === file)?.path ?? 'nowhere'
}

function reachedStates(actions: readonly Action[]): Set<string> {
  const dice = new EveryOutcome()
  const states = new Set<string>()
  do {
    const image = perform(actions)
    image.losePower(dice)
    states.add(describeState(image))
  } while (dice.advance())
  return states
}

function expectEqualStates(alphabet: readonly Action[], lengths: readonly number[]): number {
  let states = 0
  for (const length of lengths) {
    for (const actions of sequences(alphabet, length)) {
      const reached = [...reachedStates(actions)].sort()
      expect(reached, JSON.stringify(actions)).toEqual([...possibleStates(actions)].sort())
      states += reached.length
    }
  }
  return states
}

const overwrite: Action = { kind: 'write', sector: 2, count: 1 }
const extend: Action = { kind: 'write', sector: 9, count: 1 }
const span: Action = { kind: 'write', sector: 7, count: 2 }
const cut: Action = { kind: 'truncate', sectors: 3 }
const cutAll: Action = { kind: 'truncate', sectors: 0 }
const sync: Action = { kind: 'sync' }
const syncNames: Action = { kind: 'sync-directory' }
const rename: Action = { kind: 'rename', from: 'a', to: 'b' }
const renameBack: Action = { kind: 'rename', from: 'b', to: 'a' }
const create: Action = { kind: 'create', name: 'b' }
const createOther: Action = { kind: 'create', name: 'c' }
const replace: Action = { kind: 'rename', from: 'c', to: 'a' }
const remove: Action = { kind: 'remove', name: 'a' }

const syncError: Action = { kind: 'sync-error' }
const lie: Action = { kind: 'lie' }
const lieOfNames: Action = { kind: 'lie-directory' }
const rot: Action = { kind: 'rot', sector: 2 }
const misdirect: Action = { kind: 'misdirect', sector: 2, other: 5 }
const misdirectAcross: Action = { kind: 'misdirect', sector: 9, other: 2 }
const wipe: Action = { kind: 'wipe' }

describe('the states that a power loss can leave are exactly those that the rules list', () => {
  test('after every sequence of up to three writes, truncations, syncs, directory syncs and renames over two pages', () => {
    const states = expectEqualStates([overwrite, extend, span, cut, cutAll, sync, syncNames, rename], [0, 1, 2, 3])
    expect(states).toBeGreaterThan(4000)
  })

  test('after every sequence of up to four creations, renames (over another file too), removals and directory syncs', () => {
    expectEqualStates([create, createOther, rename, renameBack, replace, remove, syncNames], [1, 2, 3, 4])
  })

  test('after every sequence of up to three writes, syncs, renames, and what a device does wrong: rot, misdirection, lies, an empty disk in its place', () => {
    const states = expectEqualStates([overwrite, extend, sync, rename, syncNames, rot, lie, lieOfNames, misdirect, misdirectAcross, wipe], [1, 2, 3])
    expect(states).toBeGreaterThan(2000)
  })

  test('after every sequence of up to three writes, truncations, syncs, failed syncs and misdirected ones', () => {
    expectEqualStates([overwrite, extend, cut, sync, syncError], [1, 2, 3])
    expectEqualStates([span, cut, syncError, misdirect, misdirectAcross], [1, 2, 3])
  })

  test('of which these, for the eye', () => {
    const states = (...actions: Action[]) => [...reachedStates(actions)]
    expect(states(rot)).toEqual(['a=DDrDDDDD'])
    expect(states(overwrite, misdirect)).toEqual(['a=DDDDD1DD'])
    expect(states(overwrite, misdirect, overwrite, sync)).toEqual(['a=DD3DD1DD'])
    expect(states(extend, misdirectAcross)).toEqual(['a=DD1DDDDD..'])
    expect(states(overwrite, lie)).toEqual(states(overwrite))
    expect(states(overwrite, lie, sync)).toEqual(['a=DD1DDDDD'])
    expect(states(rename, lieOfNames)).toEqual(states(rename))
    expect(states(overwrite, syncError, sync)).toEqual(states(overwrite))
    expect(states(wipe)).toEqual([''])
  })

  test('after pairs of writes that share sectors', () => {
    const wide: Action = { kind: 'write', sector: 6, count: 3 }
    expectEqualStates([wide, span, { kind: 'write', sector: 5, count: 2 }, cut], [2])
  })
})
