import type { Methods, Protocol } from '../host/seam.js'
import { hashString } from '../kernel/mix.js'

/** One method of one protocol: what packets are counted by. */
export interface MessageType {
  /** Small and dense: an index into tables. */
  readonly id: number
  /** `store.put` */
  readonly name: string
  readonly method: string
  readonly protocol: string
  readonly isStream: boolean
  readonly word: number
}

/** Message types of a run, numbered in the order of their first use. */
export class MessageTypes {
  readonly #byProtocol = new Map<string, Map<string, MessageType>>()
  #count = 0
  #lastProtocol: string | undefined
  #lastMethod: string | undefined
  #last: MessageType | undefined

  of<M extends Methods>(protocol: Protocol<M>, method: string): MessageType {
    if (protocol.name === this.#lastProtocol && method === this.#lastMethod) return this.#last as MessageType
    let methods = this.#byProtocol.get(protocol.name)
    if (methods === undefined) {
      methods = new Map()
      this.#byProtocol.set(protocol.name, methods)
    }
    let type = methods.get(method)
    if (type === undefined) {
      const name = `${protocol.name}.${method}`
      type = { id: this.#count++, name, method, protocol: protocol.name, isStream: protocol.transport === 'stream', word: hashString(name) }
      methods.set(method, type)
    }
    this.#lastProtocol = protocol.name
    this.#lastMethod = method
    this.#last = type
    return type
  }
}
