/**
 * How objects lie in a directory: one file each, a header of 128 bytes and the body. A header names the ETag, so that looking at an object reads no body.
 * A file name holds the key's UTF-8 bytes, all but lower-case letters, digits, `.`, `-` and `_` as `%xx`: keys that differ in case alone stay apart on every
 * file system. Long names are cut into directories (`…+/…=`).
 */
import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const headerBytes = 128
const magic = 'seedfall-object-1'
/** Well below what any file system allows. */
const longestName = 200

export interface ObjectHeader {
  readonly size: number
  readonly etag: string
  readonly modifiedMillis: number
}

/** The path of a key's file below a directory. */
export function objectPath(directory: string, key: string): string {
  const name = Buffer.from(key, 'utf8').reduce((text, byte) => text + encoded(byte), '')
  const parts: string[] = []
  let at = 0
  for (; name.length - at > longestName; at += longestName) parts.push(`${name.slice(at, at + longestName)}+`)
  return join(directory, ...parts, `${name.slice(at)}=`)
}

function encoded(byte: number): string {
  const letter = String.fromCharCode(byte)
  return /[a-z0-9._-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`
}

/** Every key that has a file, in no order. */
export async function storedKeys(directory: string): Promise<string[]> {
  const keys: string[] = []
  const visit = async (path: string, name: string): Promise<void> => {
    for (const entry of await entriesOf(path)) {
      if (entry.endsWith('=')) keys.push(decodeURIComponent(name + entry.slice(0, -1)))
      else if (entry.endsWith('+')) await visit(join(path, entry), name + entry.slice(0, -1))
    }
  }
  await visit(directory, '')
  return keys
}

/** Empty when there is no such directory. */
export async function entriesOf(directory: string): Promise<string[]> {
  return (await unlessMissing(readdir(directory))) ?? []
}

/** Null: there is no such file. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export async function readHeader(path: string): Promise<ObjectHeader | null> {
  return withFile(path, (file) => headerOf(file, path))
}

/** `pick` sees the header first and says which bytes of the body are wanted. */
export async function readObject(
  path: string,
  pick: (header: ObjectHeader) => { readonly start: number; readonly end: number },
): Promise<{ header: ObjectHeader; body: Uint8Array } | null> {
  return withFile(path, async (file) => {
    const header = await headerOf(file, path)
    const { start, end } = pick(header)
    const body = new Uint8Array(end - start)
    await readWhole(file, body, headerBytes + start, path)
    return { header, body }
  })
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T | null> {
  const file = await unlessMissing(open(path, 'r'))
  if (file === null) return null
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** Written beside, synced, renamed, the directory synced: after it the object is durable; before, nothing is seen of it. */
export async function writeObject(directory: string, path: string, bodies: readonly Uint8Array[], etag: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = join(directory, `${randomUUID()}.new`)
  const size = bodies.reduce((sum, body) => sum + body.length, 0)
  const file = await open(beside, 'wx')
  try {
    try {
      await writeWhole(file, Buffer.from(`${magic} ${etag} ${size} `.padEnd(headerBytes - 1).concat('\n')))
      for (const body of bodies) await writeWhole(file, body)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncDirectories(directory, path)
}

/** The file's directory, and those between it and `directory`: their names may be new. */
export async function syncDirectories(directory: string, path: string): Promise<void> {
  for (let at = dirname(path); at.length >= directory.length; at = dirname(at)) {
    const handle = await open(at, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

export function etagOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 40)
}

async function headerOf(file: FileHandle, path: string): Promise<ObjectHeader> {
  const bytes = new Uint8Array(headerBytes)
  await readWhole(file, bytes, 0, path)
  const [mark, etag, size] = Buffer.from(bytes).toString('latin1').split(' ')
  if (mark !== magic || etag === undefined || size === undefined) throw new Error(`${path} is no object of this store`)
  const { mtimeMs } = await file.stat()
  return { size: Number(size), etag, modifiedMillis: Math.floor(mtimeMs / 1000) * 1000 }
}

async function readWhole(file: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw new Error(`${path} is cut short`)
    done += bytesRead
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten
}
