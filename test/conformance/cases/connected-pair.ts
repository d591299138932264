import { ms } from '../../../sim/host/durations.js'
import type { Connection, Host } from '../../../sim/host/seam.js'
import { text, until } from '../conformance-case.js'

export const port = 9_000

/** The rest of the stream, up to its end. */
export async function readAll(connection: Connection): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let piece = await connection.read(); piece !== null; piece = await connection.read()) pieces.push(piece)
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Exactly so many bytes. */
export async function readSome(connection: Connection, length: number): Promise<string> {
  let all = ''
  while (all.length < length) {
    const piece = await connection.read()
    if (piece === null) throw new Error(`the stream ended after '${all}'`)
    all += text(piece)
  }
  return all
}

/** Two programs on one connection: `a-1` dials, `b-1` accepts. */
export function pair(
  dial: (connection: Connection, host: Host) => Promise<void>,
  accept: (connection: Connection, host: Host) => Promise<void>,
): { a: (host: Host) => Promise<void>; b: (host: Host) => Promise<void> } {
  return {
    a: async (host) => dial(await connect(host), host),
    b: async (host) => accept(await accepted(host), host),
  }
}

/** The other program may not listen yet. */
export async function connect(host: Host): Promise<Connection> {
  for (;;) {
    try {
      return await host.net.connect('b-1', port)
    } catch (error) {
      if ((error as { code: string }).code !== 'refused') throw error
      await host.clock.sleep(ms(2))
    }
  }
}

export async function accepted(host: Host): Promise<Connection> {
  let connection: Connection | undefined
  await host.net.listen(port, (made) => {
    connection ??= made
  })
  await until(host, () => connection !== undefined)
  return connection as Connection
}
