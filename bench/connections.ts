import { type Connection, type Host, ms, s, simulate } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { peers } from './peers.js'

const megabytes = 512
const largeWrite = 65_536
const smallWrites = 1_000_000
const smallWrite = 32

/** throughput: writes of 64 KiB. small-writes: writes of 32 bytes, each awaited. Both read to the end on the other host, 1 ms away. */
export const connectionMeasures: readonly Measure[] = [
  {
    name: 'connection/throughput',
    unit: 'MB/s',
    run: async () => megabytes / (await transfer((megabytes * 1_000_000) / largeWrite, largeWrite)),
  },
  { name: 'connection/small-writes', unit: 'writes/s', run: async () => smallWrites / (await transfer(smallWrites, smallWrite)) },
]

/** Seconds that it takes. */
async function transfer(count: number, size: number): Promise<number> {
  const writes = Math.ceil(count)
  let read = 0
  let pieces = 0
  let ends = 0
  let isEnded = false
  const drain = async (connection: Connection) => {
    for (let piece = await connection.read(); piece !== null; piece = await connection.read()) {
      read += piece.length
      pieces++
      ends += (piece[0] as number) + (piece[piece.length - 1] as number)
    }
    isEnded = true
  }
  const boot = async (host: Host) => {
    if (host.name === 'peer-2') {
      await host.net.listen(7000, (connection) => host.spawn('read', () => drain(connection)))
      return
    }
    host.spawn('write', async () => {
      await host.clock.sleep(ms(10))
      const connection = await host.net.connect('peer-2', 7000)
      const bytes = new Uint8Array(size).fill(1)
      for (let i = 0; i < writes; i++) await connection.write(bytes)
      connection.end()
    })
  }
  await using simulation = await simulate(peers(2, boot, { min: ms(1), max: ms(1) }), { seed: '42', faults: 'none' })
  const seconds = await secondsOf(() => simulation.advance(s(60)))
  await simulation.finish()
  assertEqual(isEnded, true, 'the end of the stream')
  assertEqual(read, writes * size, 'bytes')
  assertEqual(ends, pieces * 2, 'first and last bytes of the pieces')
  return seconds
}
