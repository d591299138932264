import { type Connection, type Host, ms, NetError, type Simulation, s } from '../../../sim/index.js'
import { start } from './harness.js'

export type Nodes = Simulation<{ node: unknown }>
export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
export const bytesOf = (words: string) => new TextEncoder().encode(words)
/** `count` bytes that tell their place. */
export const pattern = (count: number, from = 0) => Uint8Array.from({ length: count }, (_, i) => (from + i) * 31 + ((from + i) >> 8))

export async function readAll(connection: Connection): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let piece = await connection.read(); piece !== null; piece = await connection.read()) pieces.push(piece)
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

export const areEqual = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i])
export const codeOf = (error: unknown) => (error instanceof NetError ? error.code : error)

/** `node-2` listens on port 7000 and runs `serve` for each connection; `node-1` runs `dial`. What they answered or threw, by name. */
export async function between(
  dial: (connection: Connection, host: Host) => Promise<unknown>,
  serve: (connection: Connection, host: Host) => Promise<unknown>,
  drive: (simulation: Nodes) => Promise<void> | void = () => {},
  within = s(300),
): Promise<{ dialler: unknown; acceptor: unknown }> {
  const outcome: { dialler: unknown; acceptor: unknown } = { dialler: 'unfinished', acceptor: 'unfinished' }
  const simulation = await start<unknown>(2, (host) => {
    if (host.name === 'node-2') {
      return host.net.listen(7000, (connection) => {
        host.spawn('serve', async () => {
          outcome.acceptor = await serve(connection, host).catch(codeOf)
        })
      })
    }
    if (host.incarnation > 1) return
    host.spawn('dial', async () => {
      try {
        await host.clock.sleep(ms(10))
        outcome.dialler = await dial(await host.net.connect('node-2', 7000), host)
      } catch (error) {
        outcome.dialler = codeOf(error)
      }
    })
    return
  })
  await drive(simulation)
  await simulation.advance(within)
  return outcome
}
