import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { ms } from '../../sim/host/durations.js'
import type { HostName } from '../../sim/host/seam.js'
import { type PeerAddress, RealHost, type RealHostOptions } from '../../sim/real/index.js'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-real-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a host that is closed after the test. Crashes are collected, not thrown. */
export async function openHost(options: Partial<RealHostOptions> & { readonly role: string; readonly ordinal: number }): Promise<RealHost> {
  const host = await RealHost.open({ cluster: 'test', data: temporaryFolder(), log: { write: () => {} }, ...options })
  cleanups.push(() => host.close())
  return host
}

/** An address that nobody else on this machine has: every host takes a loopback address of its own. */
export function freshAddress(): PeerAddress {
  next = (next + 1) % 200
  return { machine: `127.${1 + (process.pid % 250)}.${Math.floor(process.pid / 250) % 250}.${1 + next}`, port: 7_000 }
}
let next = 0

/** Two hosts, `a-1` and `b-1`, that know each other. */
export async function openPair(options: Partial<RealHostOptions> = {}): Promise<{ a: RealHost; b: RealHost }> {
  const peers: Record<HostName, PeerAddress> = { 'a-1': freshAddress(), 'b-1': freshAddress() }
  const open = (role: string) => openHost({ ...options, role, ordinal: 1, listen: peers[`${role}-1`], peers })
  const a = await open('a')
  return { a, b: await open('b') }
}

/** Waits, at most half a minute, until it holds. */
export async function until(holds: () => boolean, host: RealHost): Promise<void> {
  for (let i = 0; i < 6_000 && !holds(); i++) await host.clock.sleep(ms(5))
  if (!holds()) throw new Error('it did not come true within half a minute')
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})
