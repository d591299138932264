import { type Connection, type Host, ms, NetError, s, scenario, system, workload } from '../../../sim/index.js'

const port = 7000
/** What is counted aloud, from any place on. */
const pattern = Uint8Array.from({ length: 4_000 + 251 }, (_, i) => i % 251)

/**
 * Hosts that dial each other and count aloud over every connection, byte by byte; whoever loses a connection dials again. A byte that is not the next one
 * ends the run: a connection may break, but never lie. They beat the time by datagrams as well, each with a checksum.
 */
export class Chatterer {
  bytesRead = 0
  datagramsHeard = 0
  datagramsAltered = 0
  /** Connections that failed, and dials, by the code of their error. */
  readonly failures: Record<string, number> = {}
  /** The longest time between two pieces on one connection. */
  longestSilence = 0
  longestWrite = 0
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  static async boot(host: Host): Promise<Chatterer> {
    const chatterer = new Chatterer(host)
    await host.net.listen(port, (connection) => chatterer.#talk(connection))
    await chatterer.#beatTime()
    for (const peer of host.peers.chatterer!) if (peer > host.name) host.spawn(`dial ${peer}`, () => chatterer.#dial(peer))
    return chatterer
  }

  async #dial(peer: string): Promise<void> {
    for (;;) {
      try {
        const connection = await this.#host.net.connect(peer, port, { timeout: s(1) })
        await this.#talk(connection)
      } catch (error) {
        this.#failed(error)
      }
      await this.#host.clock.sleep(ms(50))
    }
  }

  /** Reads and writes until either fails or the other side ends. */
  async #talk(connection: Connection): Promise<void> {
    connection.keepAlive(s(1))
    this.#host.spawn('count aloud', () => this.#write(connection).catch((error) => this.#failed(error)))
    try {
      await this.#read(connection)
    } catch (error) {
      this.#failed(error)
    }
    connection.close()
  }

  async #write(connection: Connection): Promise<void> {
    const { clock } = this.#host
    for (let place = 0; ; ) {
      const since = clock.monotonic()
      const bytes = pattern.subarray(place % 251, (place % 251) + 4_000)
      await connection.write(bytes)
      this.longestWrite = Math.max(this.longestWrite, clock.monotonic() - since)
      place += bytes.length
      await clock.sleep(ms(10))
    }
  }

  async #read(connection: Connection): Promise<void> {
    const { clock } = this.#host
    let place = 0
    let since = clock.monotonic()
    for (let piece = await connection.read(); piece !== null; piece = await connection.read()) {
      for (let i = 0; i < piece.length; i++) if (piece[i] !== (place + i) % 251) throw new Error(`byte ${place + i} is ${piece[i]}`)
      place += piece.length
      this.bytesRead += piece.length
      this.longestSilence = Math.max(this.longestSilence, clock.monotonic() - since)
      since = clock.monotonic()
    }
  }

  async #beatTime(): Promise<void> {
    const { clock, net, peers } = this.#host
    const socket = await net.datagrams(port)
    this.#host.spawn('listen for the beat', async () => {
      for (;;) {
        const { bytes } = await socket.receive()
        if (bytes[0] === (bytes[1]! ^ bytes[2]! ^ bytes[3]!)) this.datagramsHeard++
        else this.datagramsAltered++
      }
    })
    let beat = 0
    clock.every(ms(5), () => {
      beat++
      const [low, middle, high] = [beat & 0xff, (beat >> 8) & 0xff, (beat >> 16) & 0xff]
      for (const peer of peers.chatterer!) if (peer !== this.#host.name) socket.send(peer, port, Uint8Array.of(low ^ middle ^ high, low, middle, high))
    })
  }

  #failed(error: unknown): void {
    if (!(error instanceof NetError)) throw error
    this.failures[error.code] = (this.failures[error.code] ?? 0) + 1
  }
}

export const chatter = scenario({
  name: 'chatter',
  system: system({ name: 'chatter', roles: { chatterer: { count: 3, boot: Chatterer.boot } }, survives: { down: 1 } }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'random' },
  duration: s(10),
  healAt: s(8),
  statistics: (world) => {
    const processes = world.hosts.chatterer.flatMap(({ process }) => (process === undefined ? [] : [process]))
    const sum = (of: (chatterer: Chatterer) => number) => processes.reduce((total, chatterer) => total + of(chatterer), 0)
    return {
      bytesRead: sum(({ bytesRead }) => bytesRead),
      datagramsHeard: sum(({ datagramsHeard }) => datagramsHeard),
      datagramsAltered: sum(({ datagramsAltered }) => datagramsAltered),
      ...Object.fromEntries(['reset', 'timeout', 'refused'].map((code) => [code, sum(({ failures }) => failures[code] ?? 0)])),
      longestSilence: Math.max(...processes.map(({ longestSilence }) => longestSilence)),
      longestWrite: Math.max(...processes.map(({ longestWrite }) => longestWrite)),
    }
  },
})
