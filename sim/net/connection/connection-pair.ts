import { hashString } from '../../kernel/mix.js'
import type { MessageType } from '../message-type.js'
import type { ConnectionEnd } from './connection-end.js'

/** A connection as the network sees it: both its ends. */
export class ConnectionPair {
  acceptor: ConnectionEnd | null = null
  /** Told of each segment once nothing gets through any more, without either end knowing: a half-open connection. */
  swallow: (() => void) | null = null
  /** Keys its dice. */
  readonly word: number

  constructor(
    /** `gateway-1>replica-1:7000 #2`: who dialled whom, and which of those that did. */
    readonly site: string,
    /** What its packets are counted by. */
    readonly type: MessageType,
    readonly dialler: ConnectionEnd,
    readonly port: number,
    readonly dialledFrom: number,
    key: number,
  ) {
    this.word = hashString(site) ^ key
  }

  /** The site as its acceptor sees it: `replica-1:7000>gateway-1 #2`. */
  get backSite(): string {
    const { site } = this
    const arrow = site.indexOf('>')
    const count = site.lastIndexOf(' ')
    return `${site.slice(arrow + 1, count)}>${site.slice(0, arrow)}${site.slice(count)}`
  }

  get isGone(): boolean {
    return this.dialler.isGone && (this.acceptor === null || this.acceptor.isGone)
  }
}
