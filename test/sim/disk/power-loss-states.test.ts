import { describe, expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { FileInode } from '../../../sim/disk/file-inode.js'
import { sectorBytes } from '../../../sim/disk/geometry.js'
import { garbageByte } from '../../../sim/disk/page-versions.js'
import { EveryOutcome, garbageSeed } from './every-outcome.js'
import { type Action, possibleStates } from './reference-rules.js'

const sector = (letter: string, count: number) => new Uint8Array(count * sectorBytes).fill(letter.charCodeAt(0))

/** A durable file `a` of one page; then the actions. */
function perform(actions: readonly Action[]): DiskImage {
  const image = new DiskImage()
  const file = image.openFile('a', { create: true })
  image.write(file, 0, sector('D', 8))
  image.finishSync(file, image.beginSync(file))
  image.syncDirectory('')
  actions.forEach((action, index) => {
    if (action.kind === 'write') image.write(file, action.sector * sectorBytes, sector(String(index + 1), action.count))
    else if (action.kind === 'truncate') image.truncate(file, action.sectors * sectorBytes)
    else if (action.kind === 'sync') image.finishSync(file, image.beginSync(file))
    else if (action.kind === 'sync-directory') image.syncDirectory('')
    else if (action.kind === 'create') image.openFile(action.name, { create: true })
    else if (action.kind === 'remove' && image.find(action.name, 'stat') !== null) image.remove(action.name)
    else if (action.kind === 'rename' && image.find(action.from, 'stat') !== null) image.rename(action.from, action.to)
  })
  return image
}

function letters(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += sectorBytes) text += letterOf(bytes, at)
  return text
}

const uniformSectors = Array.from({ length: 256 }, (_, byte) => new Uint8Array(sectorBytes).fill(byte))
const garbageSectors = Array.from({ length: 16 }, (_, index) =>
  Uint8Array.from({ length: sectorBytes }, (_, at) => garbageByte(garbageSeed, index * sectorBytes + at)),
)

function letterOf(bytes: Uint8Array, start: number): string {
  const piece = bytes.subarray(start, start + sectorBytes)
  const first = piece[0] as number
  if (Buffer.compare(piece, uniformSectors[first] as Uint8Array) === 0) return first === 0 ? '.' : String.fromCharCode(first)
  return Buffer.compare(piece, garbageSectors[start / sectorBytes] as Uint8Array) === 0 ? 'G' : '?'
}

function describeState(image: DiskImage): string {
  const states = image.list('').map((name) => {
    const file = image.find(name, 'stat') as FileInode
    const left = file.read(0, file.size)
    const durable = image.durable.read(name) as Uint8Array
    return Buffer.compare(left, durable) === 0 ? `${name}=${letters(left)}` : `${name}: ${letters(left)} is left, ${letters(durable)} is durable`
  })
  return states.join(' ')
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

function sequences(alphabet: readonly Action[], length: number): Action[][] {
  return length === 0 ? [[]] : sequences(alphabet, length - 1).flatMap((sequence) => alphabet.map((action) => [...sequence, action]))
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

describe('the states that a power loss can leave are exactly those that the rules list', () => {
  test('after every sequence of up to three writes, truncations, syncs, directory syncs and renames over two pages', () => {
    const states = expectEqualStates([overwrite, extend, span, cut, cutAll, sync, syncNames, rename], [0, 1, 2, 3])
    expect(states).toBeGreaterThan(4000)
  })

  test('after every sequence of up to four creations, renames (over another file too), removals and directory syncs', () => {
    expectEqualStates([create, createOther, rename, renameBack, replace, remove, syncNames], [1, 2, 3, 4])
  })

  test('after pairs of writes that share sectors', () => {
    const wide: Action = { kind: 'write', sector: 6, count: 3 }
    expectEqualStates([wide, span, { kind: 'write', sector: 5, count: 2 }, cut], [2])
  })
})
