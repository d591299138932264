import type { DiskImage } from '../../../sim/disk/disk-image.js'
import type { FileInode } from '../../../sim/disk/file-inode.js'
import { sectorBytes } from '../../../sim/disk/geometry.js'
import { garbageByte } from '../../../sim/disk/page-versions.js'
import { garbageSeed } from './every-outcome.js'
import type { Action } from './reference-rules.js'

export const sector = (letter: string, count: number) => new Uint8Array(count * sectorBytes).fill(letter.charCodeAt(0))

/** A disk with a durable file `a` of one page. */
export function diskWithOnePage(make: () => DiskImage): { image: DiskImage; file: FileInode } {
  const image = make()
  const file = image.openFile('a', { create: true })
  image.write(file, 0, sector('D', 8))
  image.finishSync(file, image.beginSync(file))
  image.syncDirectory('')
  return { image, file }
}

export function sequences(alphabet: readonly Action[], length: number): Action[][] {
  return length === 0 ? [[]] : sequences(alphabet, length - 1).flatMap((sequence) => alphabet.map((action) => [...sequence, action]))
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
  if (isRotten(piece)) return 'r'
  return Buffer.compare(piece, garbageSectors[start / sectorBytes] as Uint8Array) === 0 ? 'G' : '?'
}

/** All but a few bits are those of one byte. */
function isRotten(piece: Uint8Array): boolean {
  const sorted = [...piece].sort((a, b) => a - b)
  const usual = sorted[sectorBytes / 2] as number
  return piece.filter((byte) => byte !== usual).length <= 16
}

/** Names and contents, a letter a sector, as `possibleStates` writes them. */
export function describeState(image: DiskImage): string {
  const states = image.list('').map((name) => {
    const file = image.find(name, 'stat') as FileInode
    const left = file.read(0, file.size)
    const durable = image.durable.read(name) as Uint8Array
    return Buffer.compare(left, durable) === 0 ? `${name}=${letters(left)}` : `${name}: ${letters(left)} is left, ${letters(durable)} is durable`
  })
  return states.join(' ')
}
