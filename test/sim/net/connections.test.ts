import { describe, expect, test } from 'vitest'
import { type Connection, type Host, ms, NetError, type Simulation, s } from '../../../sim/index.js'
import { start } from './harness.js'

type Nodes = Simulation<{ node: unknown }>
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytesOf = (words: string) => new TextEncoder().encode(words)
/** `count` bytes that tell their place. */
const pattern = (count: number, from = 0) => Uint8Array.from({ length: count }, (_, i) => (from + i) * 31 + ((from + i) >> 8))

async function readAll(connection: Connection): Promise<Uint8Array> {
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

const areEqual = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i])
const codeOf = (error: unknown) => (error instanceof NetError ? error.code : error)

/** `node-2` listens on port 7000 and runs `serve` for each connection; `node-1` runs `dial`. What they answered or threw, by name. */
async function between(
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

describe('a connection', () => {
  test('carries bytes both ways, and both sides read their end', async () => {
    const { dialler, acceptor } = await between(
      async (connection) => {
        await connection.write(bytesOf('question'))
        connection.end()
        return text(await readAll(connection))
      },
      async (connection) => {
        const asked = text(await readAll(connection))
        await connection.write(bytesOf(`answer to ${asked}`))
        connection.end()
        return asked
      },
    )
    expect(acceptor).toBe('question')
    expect(dialler).toBe('answer to question')
  })

  test('tells both sides their addresses', async () => {
    const { dialler, acceptor } = await between(
      async ({ local, remote }) => ({ local, remote }),
      async ({ local, remote }) => ({ local, remote }),
    )
    const { local, remote } = dialler as Connection
    expect(remote).toEqual({ host: 'node-2', port: 7000 })
    expect(local).toMatchObject({ host: 'node-1' })
    expect(acceptor).toEqual({ local: remote, remote: local })
  })

  test('takes a round trip to open, and half of one more for the first bytes', async () => {
    const { dialler, acceptor } = await between(
      async (connection, host) => {
        const at = host.clock.monotonic()
        await connection.write(bytesOf('x'))
        return at - ms(10)
      },
      async (connection, host) => {
        await connection.read()
        return host.clock.monotonic() - ms(10)
      },
    )
    expect(dialler).toBeGreaterThan(ms(0.1))
    expect(dialler).toBeLessThan(ms(1))
    expect(acceptor).toBeGreaterThan(dialler as number)
    expect(acceptor).toBeLessThan((dialler as number) + ms(0.5))
  })

  test('carries a megabyte whole, whatever the sizes of the writes', async () => {
    const whole = pattern(1 << 20)
    const { acceptor } = await between(
      async (connection, host) => {
        for (let at = 0; at < whole.length; ) {
          const size = 1 + host.random.int(host.random.int(4) === 0 ? 200_000 : 600)
          await connection.write(whole.subarray(at, at + size))
          at += size
        }
        connection.end()
      },
      (connection) => readAll(connection),
    )
    expect(areEqual(acceptor as Uint8Array, whole)).toBe(true)
  })

  test('copies what is written and what is read: both sides may change theirs', async () => {
    const { acceptor } = await between(
      async (connection) => {
        const bytes = bytesOf('before')
        const written = connection.write(bytes)
        bytes.fill(0)
        await written
        connection.end()
      },
      async (connection) => {
        const first = (await connection.read())!
        const seen = text(first)
        first.fill(0)
        return seen + text(await readAll(connection))
      },
    )
    expect(acceptor).toBe('before')
  })

  test('gives pieces that are not the writes: messages are cut and joined', async () => {
    const { acceptor } = await between(
      async (connection, host) => {
        for (let i = 0; i < 400; i++) {
          await connection.write(pattern(100, i * 100))
          if (i % 3 === 0) await host.clock.sleep(ms(2))
        }
        connection.end()
      },
      async (connection) => {
        const sizes: number[] = []
        for (let piece = await connection.read(); piece !== null; piece = await connection.read()) sizes.push(piece.length)
        return sizes
      },
    )
    const sizes = acceptor as number[]
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40_000)
    expect(sizes.some((size) => size < 100)).toBe(true)
    expect(sizes.some((size) => size > 100)).toBe(true)
  })

  test('answers several reads in the order in which they were asked', async () => {
    const { acceptor } = await between(
      async (connection, host) => {
        for (const word of ['one', 'two', 'three']) {
          await connection.write(bytesOf(word))
          await host.clock.sleep(ms(5))
        }
        connection.end()
      },
      async (connection) => {
        const reads = Array.from({ length: 40 }, () => connection.read())
        return (await Promise.all(reads)).map((piece) => (piece === null ? '' : text(piece))).join('')
      },
    )
    expect(acceptor).toBe('onetwothree')
  })
})

describe('the trace hash of a connection', () => {
  /** Writes of many sizes, so that bytes lie at every place of a word; `flipped` is the byte to alter. */
  const hashOf = async (flipped: number): Promise<string> => {
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') return host.net.listen(7000, (connection) => host.spawn('read', async () => void (await readAll(connection))))
      host.spawn('write', async () => {
        const connection = await host.net.connect('node-2', 7000)
        const whole = pattern(2_000)
        if (flipped >= 0) whole[flipped]! ^= 1
        for (let at = 0, size = 1; at < whole.length; at += size++) await connection.write(whole.subarray(at, at + size))
        connection.end()
      })
      return
    })
    await simulation.advance(s(1))
    return (await simulation.finish()).traceHash
  }

  test('is the same for the same bytes, and another when any one of them is', async () => {
    const places = [-1, -1, 0, 1, 2, 3, 4, 17, 100, 999, 1_000, 1_001, 1_002, 1_003, 1_997, 1_998, 1_999]
    const hashes = []
    for (const place of places) hashes.push(await hashOf(place))
    expect(hashes[0]).toBe(hashes[1])
    expect(new Set(hashes).size).toBe(places.length - 1)
  })
})

describe('connecting', () => {
  const dialOnly = async (port: number, drive: (simulation: Nodes) => Promise<void> | void, options?: { timeout?: number }) => {
    let outcome: unknown = 'unfinished'
    let at = 0
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-1') {
        host.spawn('dial', async () => {
          await host.clock.sleep(ms(10))
          outcome = await host.net.connect('node-2', port, options).then(() => 'open', codeOf)
          at = host.clock.monotonic() - ms(10)
        })
      } else if (host.incarnation === 1) void host.net.listen(7000, () => {})
    })
    await simulation.advance(ms(5))
    await drive(simulation)
    await simulation.advance(s(30))
    return { outcome, at }
  }

  test('is refused a round trip later where nobody listens', async () => {
    const { outcome, at } = await dialOnly(7001, () => {})
    expect(outcome).toBe('refused')
    expect(at).toBeLessThan(ms(1))
  })

  test('is refused while the process is down and the machine is up', async () => {
    expect(await dialOnly(7000, (simulation) => simulation.crash('node-2'))).toMatchObject({ outcome: 'refused' })
  })

  test('times out where there is no power, after 5 s or the time given', async () => {
    expect(await dialOnly(7000, (simulation) => simulation.powerLoss('node-2'))).toEqual({ outcome: 'timeout', at: s(5) })
    expect(await dialOnly(7000, (simulation) => simulation.powerLoss('node-2'), { timeout: ms(70) })).toEqual({ outcome: 'timeout', at: ms(70) })
  })

  test('goes on through a partition that ends in time', async () => {
    const { outcome, at } = await dialOnly(7000, async (simulation) => {
      simulation.partition(['node-1'], ['node-2'])
      await simulation.advance(ms(700))
      simulation.heal()
    })
    expect(outcome).toBe('open')
    expect(at).toBeGreaterThanOrEqual(s(1))
    expect(at).toBeLessThan(s(1.1))
  })

  test('can be aborted, before and while', async () => {
    const codes: unknown[] = []
    const simulation = await start<unknown>(2, (host) => {
      if (host.name !== 'node-1') return
      host.spawn('dial', async () => {
        const controller = new AbortController()
        const pending = host.net.connect('node-2', 7000, { signal: controller.signal })
        controller.abort()
        codes.push(await pending.catch(codeOf))
        codes.push(await host.net.connect('node-2', 7000, { signal: controller.signal }).catch(codeOf))
      })
    })
    await simulation.advance(s(10))
    expect(codes).toEqual(['aborted', 'aborted'])
  })

  test('asks for a port there is, and for a host there is', async () => {
    const simulation = await start<unknown>(1, (host) => {
      for (const port of [0, -1, 1.5, 65_536, Number.NaN]) expect(() => host.net.connect('node-1', port)).toThrow(/a port is an integer/)
      expect(() => host.net.connect('nobody', 1)).toThrow("there is no host 'nobody'")
      expect(() => host.net.listen(70_000, () => {})).toThrow(/a port is an integer/)
    })
    await simulation.advance(ms(1))
  })

  test('to oneself works too', async () => {
    let heard: string | undefined
    const simulation = await start<unknown>(1, async (host) => {
      await host.net.listen(7000, (connection) => {
        host.spawn('serve', async () => {
          heard = text(await readAll(connection))
        })
      })
      const connection = await host.net.connect('node-1', 7000)
      await connection.write(bytesOf('myself'))
      connection.end()
    })
    await simulation.advance(s(1))
    expect(heard).toBe('myself')
  })
})

describe('a port', () => {
  test('is listened on once at a time; 0 is any that is free; closing frees it', async () => {
    const seen: unknown[] = []
    const simulation = await start<unknown>(1, async (host) => {
      const first = await host.net.listen(7000, () => {})
      seen.push(await host.net.listen(7000, () => {}).catch(codeOf))
      const other = await host.net.listen(0, () => {})
      seen.push(other.port >= 49_152 && other.port <= 65_535)
      first.close()
      seen.push((await host.net.listen(7000, () => {})).port)
      first.close()
      seen.push(await host.net.listen(7000, () => {}).catch(codeOf))
    })
    await simulation.advance(ms(1))
    expect(seen).toEqual(['in-use', true, 7000, 'in-use'])
  })

  test('is free again for the next life of its process', async () => {
    let lives = 0
    const simulation = await start<unknown>(1, async (host) => {
      await host.net.listen(7000, () => {})
      lives++
    })
    await simulation.advance(ms(1))
    simulation.restart('node-1')
    await simulation.advance(ms(1))
    expect(lives).toBe(2)
  })
})

describe('ending', () => {
  test('one side leaves the other open: half-close', async () => {
    const { dialler, acceptor } = await between(
      async (connection) => {
        connection.end()
        return text(await readAll(connection))
      },
      async (connection, host) => {
        const first = await connection.read()
        for (let i = 0; i < 5; i++) {
          await host.clock.sleep(s(1))
          await connection.write(bytesOf(`${i} `))
        }
        connection.end()
        return first
      },
    )
    expect(acceptor).toBe(null)
    expect(dialler).toBe('0 1 2 3 4 ')
  })

  test('is read once everything before it was, and from then on', async () => {
    const { acceptor } = await between(
      async (connection) => {
        await connection.write(bytesOf('last words'))
        connection.end()
        connection.close()
      },
      async (connection, host) => {
        await host.clock.sleep(s(5))
        const words = text(await readAll(connection))
        return [words, await connection.read(), await connection.read()]
      },
    )
    expect(acceptor).toEqual(['last words', null, null])
  })

  test('makes later writes fail as closed, and so does close for reads', async () => {
    const { dialler } = await between(
      async (connection) => {
        connection.end()
        const afterEnd = await connection.write(bytesOf('x')).catch(codeOf)
        const pending = connection.read().catch(codeOf)
        connection.close()
        connection.close()
        connection.end()
        return [afterEnd, await pending, await connection.read().catch(codeOf), await connection.write(bytesOf('x')).catch(codeOf)]
      },
      (connection) => connection.read(),
    )
    expect(dialler).toEqual(['closed', 'closed', 'closed', 'closed'])
  })

  test('by close with bytes unread is a reset for the other side', async () => {
    const { dialler, acceptor } = await between(
      async (connection, host) => {
        await connection.write(bytesOf('never read'))
        await host.clock.sleep(ms(50))
        return connection.write(bytesOf('more'))
      },
      async (connection, host) => {
        await host.clock.sleep(ms(20))
        connection.close()
        return 'left'
      },
    )
    expect(acceptor).toBe('left')
    expect(dialler).toBe('reset')
  })

  test('by close, then bytes from the other side: a reset for those', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        const end = await connection.read()
        await connection.write(bytesOf('too late'))
        await host.clock.sleep(ms(50))
        return [end, await connection.write(bytesOf('x')).catch(codeOf), await connection.read()]
      },
      async (connection) => connection.close(),
    )
    expect(dialler).toEqual([null, 'reset', null])
  })

  test('keeps what came before a reset readable', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await connection.write(bytesOf('unread'))
        await host.clock.sleep(ms(50))
        return [text((await connection.read())!), await connection.read().catch(codeOf)]
      },
      async (connection, host) => {
        await host.clock.sleep(ms(10))
        await connection.write(bytesOf('!'))
        await host.clock.sleep(ms(10))
        connection.close()
      },
    )
    expect(dialler).toEqual(['!', 'reset'])
  })
})

describe('backpressure', () => {
  test('holds a writer up until the other side reads, and memory bounded meanwhile', async () => {
    let written = 0
    const { dialler, acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 3_000; i++) {
          await connection.write(pattern(1_000, i * 1_000))
          written += 1_000
        }
        connection.end()
        return written
      },
      async (connection, host) => {
        await host.clock.sleep(s(20))
        const stuckAt = written
        const whole = await readAll(connection)
        return [stuckAt, whole.length, areEqual(whole, pattern(3_000_000))]
      },
    )
    expect(dialler).toBe(3_000_000)
    const [stuckAt, length, isRight] = acceptor as [number, number, boolean]
    expect(stuckAt).toBeGreaterThan(400_000)
    expect(stuckAt).toBeLessThanOrEqual(2 * 262_144 + 1_000)
    expect([length, isRight]).toEqual([3_000_000, true])
  })

  test('ends a round trip after the other side reads, not with the next probe', async () => {
    const { acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 1_500; i++) await connection.write(pattern(1_000, i * 1_000))
        connection.end()
      },
      async (connection, host) => {
        await host.clock.sleep(s(4))
        const since = host.clock.monotonic()
        await readAll(connection)
        return host.clock.monotonic() - since
      },
    )
    // The next probe would come at 6.2 s.
    expect(acceptor).toBeLessThan(ms(150))
  })

  test('outlasts a closed window for minutes, even if the word that it opened is lost', async () => {
    const { acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 800; i++) await connection.write(pattern(1_000, i * 1_000))
        connection.end()
      },
      async (connection, host) => {
        await host.clock.sleep(s(200))
        return (await readAll(connection)).length
      },
      async (simulation) => {
        await simulation.advance(s(199.9))
        simulation.partition(['node-1'], ['node-2'])
        await simulation.advance(s(2))
        simulation.heal()
      },
    )
    expect(acceptor).toBe(800_000)
  })
})

describe('loss of a side', () => {
  test('a process that dies with nothing unread ends its connections: its peer reads what was written, then the end', async () => {
    const { dialler } = await between(
      async (connection) => text(await readAll(connection)),
      async (connection) => {
        await connection.write(bytesOf('my last'))
        await connection.read()
      },
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('my last')
  })

  test('a process that dies with bytes unread resets them', async () => {
    const { dialler } = await between(
      async (connection) => {
        await connection.write(bytesOf('hello'))
        return connection.read()
      },
      async (connection, host) => {
        await host.clock.sleep(s(100))
        await connection.read()
      },
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('a write to a process that has died is answered by a reset', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await host.clock.sleep(s(1))
        await connection.write(bytesOf('hello'))
        await host.clock.sleep(s(1))
        return connection.write(bytesOf('?'))
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('a power loss is silence: only a writer learns of it, by a timeout', async () => {
    const lost = async (dial: (connection: Connection, host: Host) => Promise<unknown>) =>
      (
        await between(
          dial,
          (connection) => connection.read(),
          async (simulation) => {
            await simulation.advance(ms(100))
            simulation.powerLoss('node-2')
          },
        )
      ).dialler
    expect(await lost((connection) => connection.read())).toBe('unfinished')
    const waited = await lost(async (connection, host) => {
      await host.clock.sleep(s(1))
      await connection.write(bytesOf('anybody?'))
      const code = await connection.read().catch(codeOf)
      return [code, Math.round((host.clock.monotonic() - s(1)) / 1e9)]
    })
    expect(waited).toEqual(['timeout', 25])
  })

  test('a machine that is back after a power loss answers by a reset', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await host.clock.sleep(s(2))
        await connection.write(bytesOf('still there?'))
        return connection.read()
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.powerLoss('node-2')
        await simulation.advance(s(1))
        simulation.restart('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('keep-alive finds a silent peer without writing: the idle time, then ten probes a second apart', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        connection.keepAlive(s(3))
        const code = await connection.read().catch(codeOf)
        return [code, Math.round(host.clock.monotonic() / 1e9)]
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.powerLoss('node-2')
      },
    )
    expect(dialler).toEqual(['timeout', 13])
  })

  test('keep-alive leaves a peer alone that answers', async () => {
    const { dialler } = await between(
      async (connection) => {
        connection.keepAlive(s(1))
        return connection.read()
      },
      async (connection, host) => {
        await host.clock.sleep(s(100))
        connection.end()
      },
    )
    expect(dialler).toBe(null)
  })
})
