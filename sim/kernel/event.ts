import type { Nanos } from '../host/seam.js'

/** What happens when an event's time has come. Implementations are few and long-lived, so that the loop's dispatch stays fast. */
export interface EventTarget {
  fire(event: KernelEvent): void
}

/** Whose event it is: the machine it happens on. */
export interface EventHost {
  readonly index: number
  /** Steps wait: the machine is paused. */
  readonly isPaused: boolean
  /** Before this time the kernel asks `admit`; at infinity it always does. */
  readonly busyUntil: Nanos
  /** The event whose step is to run now instead of this one, or null: none may yet. */
  admit(event: KernelEvent): KernelEvent | null
  /** Keeps an event that came while the machine is paused. */
  defer(event: KernelEvent): void
}

/** The life of a process: an event of a dead one never fires. */
export interface EventLife {
  readonly alive: boolean
}

/** One entry of the queue. Pooled: `id` tells whether a kept reference still means the same event. */
export class KernelEvent {
  at: Nanos = 0
  /** Its place among events of the same time; changes when the event is put back. */
  sequence = 0
  id = 0
  /** An index into `eventKinds`. */
  kind = 0
  /** null: cancelled, or free. */
  target: EventTarget | null = null
  host: EventHost | null = null
  life: EventLife | null = null
  /** The step that scheduled it. */
  cause = 0
  a: unknown = undefined
  b: unknown = undefined
  c: unknown = undefined
  n = 0
}

/** The kinds of step, by their number in the trace hash: append only. */
export const eventKinds = [
  'boot',
  'timer',
  'sleep',
  'request',
  'reply',
  'message',
  'timeout',
  'disk',
  'fault',
  'client',
  'task',
  'world',
  'reset',
  'drive',
  'segment',
  'datagram',
  'socket',
] as const
export type EventKindName = (typeof eventKinds)[number]

export const boot = 0
export const timer = 1
export const sleep = 2
export const request = 3
export const reply = 4
export const message = 5
export const timeout = 6
export const disk = 7
export const fault = 8
export const client = 9
export const task = 10
export const world = 11
export const reset = 12
/** A test that drives the simulation by hand. */
export const drive = 13
/** Of a connection. */
export const segment = 14
export const datagram = 15
/** A timer of a connection, or what a fault does to one. */
export const socket = 16
