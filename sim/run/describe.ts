import type { DiskCompletion } from '../disk/disk-host.js'
import { RemoteError } from '../host/errors.js'
import type { Incarnation } from '../host/incarnation.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import { disk, eventKinds, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { Segment } from '../net/connection/segment.js'
import { DatagramPacket } from '../net/datagram.js'
import { Channel } from '../net/link.js'
import { PendingCall } from '../net/pending-call.js'
import { shortText } from './short-text.js'

/** The words of a step's trace line. */
export function describeEvent(event: KernelEvent, life: Incarnation | null): { host: string | null; incarnation: number; detail: string } {
  const host = event.host as SimulatedHost | null
  return { host: host?.name ?? null, incarnation: life?.incarnation ?? host?.incarnation ?? 0, detail: detailOf(event) }
}

function detailOf(event: KernelEvent): string {
  if (event.b instanceof Channel) {
    const { link, type } = event.b
    if (event.c instanceof Segment) return event.c.toString()
    if (event.c instanceof DatagramPacket) return `${type.name} from ${event.c.toString()}`
    return `${type.name} from ${link.from.name} ${shortText(event.c instanceof RemoteError ? event.c.message : event.c)}`
  }
  if (event.a instanceof PendingCall) return `${event.a.type.name} to ${event.a.link.to.name}`
  if (event.kind === disk) {
    const { operation, path } = event.a as DiskCompletion
    return `${operation} ${path}`
  }
  return typeof event.b === 'string' ? event.b : ''
}

/** What a host's processes wait for: answers, timers, disk operations; the first few of each. */
export function waitingFor(host: SimulatedHost, kernel: Kernel): string[] {
  const lines: string[] = []
  for (const call of host.life?.waiting() ?? []) if (lines.length < 8) lines.push(`an answer to ${call.type.name} from ${call.link.to.name}`)
  for (const what of host.sockets.waiting()) if (lines.length < 8) lines.push(what)
  const events = kernel.queue
    .waiting()
    .filter((event) => event.host === host && event.life !== null && event.life === host.life)
    .sort((a, b) => a.at - b.at || a.sequence - b.sequence)
  for (const event of events.slice(0, 8)) lines.push(`${eventKinds[event.kind]} ${detailOf(event)} at ${event.at} ns`.replace('  ', ' '))
  return lines
}
