import type { Nanos } from '../host/seam.js'

/** What happens when an event's time has come. Implementations are few and long-lived, so that the loop's dispatch stays fast. */
export interface EventTarget {
  fire(event: KernelEvent): void
}

/** What an event of kind `timeout` whose `n` is `shared` stands for: several deadlines, most of which are taken back before their time. */
export interface DeadlineTarget extends EventTarget {
  /** No deadline is left. */
  readonly isIdle: boolean
  /** Whether nothing is due although the event's time has come: then there is no step, and the event may have been put back for a later time. */
  lapses(event: KernelEvent): boolean
}

/** Whether an event that was taken from the queue means nothing any more, or not yet. */
export function hasLapsed(event: KernelEvent): boolean {
  return event.kind === timeout && event.n === shared && (event.target as DeadlineTarget).lapses(event)
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

/**
 * One entry of the queue. Not pooled: storing young values into old objects costs the collector's write barrier, field by field, which is dearer than a
 * young object that soon dies.
 */
export class KernelEvent {
  /** Its place among events of the same time; changes when the event is put back. 0: it fires, or has fired. */
  sequence = 0

  constructor(
    public at: Nanos,
    /** An index into `eventKinds`. */
    readonly kind: number,
    /** null: cancelled, or past. */
    public target: EventTarget | null,
    public host: EventHost | null,
    public life: EventLife | null,
    /** The step that scheduled it. */
    public cause: number,
    public a: unknown,
    public b: unknown,
    public c: unknown,
    readonly n: number,
  ) {}

  /** It keeps nothing alive, and means nothing any more. */
  clear(): void {
    this.target = null
    this.host = null
    this.life = null
    this.a = undefined
    this.b = undefined
    this.c = undefined
  }
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
export const shared = 1
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
