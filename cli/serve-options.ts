import path from 'node:path'
import type { Nanos } from '../sim/host/seam.js'
import type { LogLevel } from '../sim/real/json-log.js'
import { type PeerAddress, parseAddress } from '../sim/real/peer-address.js'
import { nearest } from '../sim/report/nearest.js'
import type { AnyScenario, OptionRange, Options, Role } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'

/** What `serve` was given, as words. */
export interface ServeFlags {
  readonly role: string
  readonly ordinal: number
  readonly listen?: PeerAddress
  readonly peer: readonly string[]
  readonly data: string
  readonly objects?: string
  readonly option: readonly string[]
  readonly roleVersion?: string
  readonly grace: Nanos
  readonly log: LogLevel
  readonly json?: boolean
}

/** One role of a scenario, to be run for real. */
export interface ServedRole {
  readonly name: string
  readonly role: Role<unknown>
  readonly listen: PeerAddress | undefined
  readonly peers: Readonly<Record<string, PeerAddress>>
  readonly options: Options
  /** Absolute paths. */
  readonly data: string
  readonly objects: string | undefined
}

/** Holds the flags against the scenario. Throws `BadInput`. */
export function servedRole(scenario: AnyScenario, flags: ServeFlags, folder: string): ServedRole {
  const roles = scenario.system.roles as Readonly<Record<string, Role<unknown>>>
  const role = named(roles, flags.role, '--role', 'role', scenario.name)
  const name = `${flags.role}-${flags.ordinal}`
  const peers = peersOf(flags.peer, roles)
  const listen = flags.listen ?? peers[name]
  if (peers[name] !== undefined && (peers[name].machine !== listen?.machine || peers[name].port !== listen?.port))
    throw new BadInput(`--peer ${name} is this host, and has another address than --listen: give one of them, or both alike`)
  delete peers[name]
  if (scenario.objects !== undefined && flags.objects === undefined)
    throw new BadInput(`scenario ${scenario.name} needs an object store: say with --objects in which directory, the same for all of its hosts`)
  return {
    name,
    role: atVersion(role, flags.roleVersion, flags.role),
    listen,
    peers,
    options: optionsOf(scenario, flags.option),
    data: path.resolve(folder, flags.data),
    objects: flags.objects === undefined ? undefined : path.resolve(folder, flags.objects),
  }
}

export function parseListen(option: string, text: string): PeerAddress {
  const address = parseAddress(text)
  if (address === null) throw new BadInput(`${option} '${text}' is not an address: write a machine and a port, like 127.0.0.1:7001 or [::1]:7001`)
  return address
}

export function parseLogLevel(text: string): LogLevel {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text
  throw new BadInput(`--log '${text}' is not a level: there are debug, info, warn and error`)
}

function peersOf(words: readonly string[], roles: object): Record<string, PeerAddress> {
  const peers: Record<string, PeerAddress> = {}
  for (const word of words) {
    const [, name, role, address] = /^((.+)-[1-9]\d*)=(.*)$/.exec(word) ?? []
    if (name === undefined || role === undefined || address === undefined)
      throw new BadInput(`--peer '${word}' is not a host and its address: write them like replica-2=127.0.0.1:7002`)
    if (!Object.hasOwn(roles, role) && role !== 'client') throw unknown('--peer', 'role', role, Object.keys(roles))
    if (Object.hasOwn(peers, name)) throw new BadInput(`--peer ${name} is given twice`)
    peers[name] = parseListen('--peer', address)
  }
  return peers
}

/** Those not given are in the middle of their ranges: nothing is drawn. */
function optionsOf(scenario: AnyScenario, words: readonly string[]): Options {
  const ranges = (scenario.options ?? {}) as Readonly<Record<string, OptionRange>>
  const options: Record<string, number> = {}
  for (const [name, { min, max, log }] of Object.entries(ranges)) options[name] = Math.round(log ? Math.sqrt(Math.max(1, min) * max) : (min + max) / 2)
  for (const word of words) {
    const [, name, value] = /^([^=]+)=(-?\d+)$/.exec(word) ?? []
    if (name === undefined) throw new BadInput(`--option '${word}' is not a name and a whole number: write them like keys=12`)
    if (!Object.hasOwn(options, name)) throw unknown('--option', 'option', name, Object.keys(options))
    options[name] = Number(value)
  }
  return options
}

function atVersion(role: Role<unknown>, version: string | undefined, name: string): Role<unknown> {
  if (version === undefined || version === 'base') return role
  const found = named(role.versions ?? {}, version, '--role-version', 'version', name)
  return { ...role, ...(typeof found === 'function' ? { boot: found } : found) }
}

function named<T>(all: Readonly<Record<string, T>>, name: string, option: string, what: string, owner: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  if (found === undefined) throw unknown(option, what, name, Object.keys(all), owner)
  return found
}

function unknown(option: string, what: string, name: string, all: readonly string[], owner = 'the scenario'): BadInput {
  const guess = nearest(name, all)
  return new BadInput(
    `${option}: ${owner} has no ${what} '${name}'${guess ? `; did you mean ${guess}?` : all.length > 0 ? `: there are ${all.join(', ')}` : ''}`,
  )
}
