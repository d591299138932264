/** What a device does wrong without a word: how a struck operation ends, and what damage it leaves behind. */
import type { DamagePlace, DiskDamage, DiskFailure, SectorPlace } from './disk-faults.js'
import type { DiskImage } from './disk-image.js'
import type { DiskRequest } from './disk-request.js'
import type { FileInode } from './file-inode.js'
import { pageBytes, sectorBytes } from './geometry.js'

type Harm<K extends DiskFailure['kind']> = DiskFailure & { readonly kind: K }
type FileRequest = Pick<DiskRequest<unknown>, 'driver' | 'path' | 'through'> & { readonly file: FileInode }

/** Replaces what a read holds of one sector by what another sector holds. */
export function misdirect(bytes: Uint8Array, offset: number, { driver, path, file }: FileRequest, { sector, other, acted }: Harm<'disk.misdirect-read'>): void {
  const source = driver.image.durableFile(other.path)
  if (source === null) return
  const wrong = new Uint8Array(sectorBytes)
  wrong.set(source.durableSector(other.sector))
  const start = Math.max(offset, sector * sectorBytes)
  const end = Math.min(offset + bytes.length, (sector + 1) * sectorBytes)
  let isWrong = false
  for (let at = start; at < end; at++) {
    const byte = wrong[at - sector * sectorBytes] as number
    isWrong ||= bytes[at - offset] !== byte
    bytes[at - offset] = byte
  }
  if (isWrong) acted([sectorDamage(driver.image, path, file, sector)])
}

/** A sync whose write of one sector goes to another. */
export function misdirectSync({ driver, path, file, through }: FileRequest, { sector, other, acted }: Harm<'disk.misdirect-write'>): void {
  const { image } = driver
  if (!image.misdirectSync(file, through, sector, other)) return
  const target = image.durableFile(other.path) as FileInode
  acted([sectorDamage(image, path, file, sector), sectorDamage(image, other.path, target, other.sector)])
}

/** A sync that syncs nothing. */
export function lie({ driver, path, file, through }: FileRequest, { acted }: Harm<'disk.sync-lie'>): void {
  if (!file.hasPending(through)) return
  const { losses } = file
  const isHealed = () => !driver.image.holds(file) || (file.losses === losses && !file.hasPending(through))
  acted(pendingOffsets(file, through).map((offset) => ({ path, offset, isHealed })))
}

/** A sync of a directory that syncs nothing. */
export function lieOfNames({ driver, path }: Pick<DiskRequest<unknown>, 'driver' | 'path'>, { acted }: Harm<'disk.sync-lie'>, through: number): void {
  const { image } = driver
  if (!image.hasPendingNames(path, through)) return
  const { losses } = image
  acted([{ path, offset: 0, isHealed: () => image.losses === losses && !image.hasPendingNames(path, through) }])
}

/** A sector that does not hold what was written there. Whether it was written again is told by its content. */
export function sectorDamage(image: DiskImage, path: string, file: FileInode, sector: number): DiskDamage {
  const harmed = file.durableSector(sector)
  return {
    path,
    offset: sector * sectorBytes,
    isHealed: () => !image.holds(file) || !equal(file.durableSector(sector), harmed),
  }
}

/** Where the pages begin that a sync would write; 0 when only the size is new. */
export function pendingOffsets(file: FileInode, through: number): number[] {
  const offsets = new Set(file.sectorsToWrite(through).map((sector) => Math.floor((sector * sectorBytes) / pageBytes) * pageBytes))
  return offsets.size === 0 ? [0] : [...offsets]
}

/** Another sector for one that is misdirected, by a die; mostly of the same file. Null: there is none. */
export function otherSector(
  image: DiskImage,
  path: string,
  sector: number,
  random: { int(below: number): number },
  mayBe: (place: DamagePlace) => boolean = () => true,
): SectorPlace | null {
  const sectorsIn = (file: FileInode) => Math.ceil(file.durableSize / sectorBytes)
  const files = image.durableFiles().filter((each) => (each.path !== path || sectorsIn(each.file) > 1) && mayBe({ path: each.path, offset: 0 }))
  if (files.length === 0) return null
  const own = files.find((each) => each.path === path)
  const chosen = own !== undefined && random.int(4) > 0 ? own : (files[random.int(files.length)] as (typeof files)[number])
  const sectors = sectorsIn(chosen.file)
  const other = random.int(sectors)
  return { path: chosen.path, sector: chosen.path === path && other === sector ? (other + 1) % sectors : other }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
