import type { Socket } from 'node:net'
import { FrameReader, frameOf } from './frames.js'
import { decodeMessage, encodeMessage, longestMessage, type WireMessage } from './wire.js'

/** So much may wait in one direction, in bytes; further messages are lost, and their callers told. */
export const longestBacklog = 64 * 1024 * 1024

/** Messages over one TCP connection. */
export class PeerStream {
  readonly #socket: Socket
  readonly #reader = new FrameReader(longestMessage)
  readonly #receive: (message: WireMessage) => void
  #isCorked = false

  /** `receive` gets every message; bytes that are none close the connection. `closed` is called once, however it ends. */
  constructor(socket: Socket, receive: (message: WireMessage) => void, closed: (why: string) => void) {
    this.#socket = socket
    this.#receive = receive
    let why = 'the other side closed it'
    socket.setNoDelay(true)
    socket.on('data', (piece: Uint8Array) => {
      why = this.#take(piece) ?? why
    })
    socket.on('error', (error) => {
      why = error.message
    })
    socket.on('end', () => socket.destroy())
    socket.on('close', () => closed(why))
    // A reader slower than its peer holds it up, and its answers do not pile up here.
    socket.on('drain', () => socket.resume())
  }

  get backlog(): number {
    return this.#socket.writableLength
  }

  write(message: WireMessage): void {
    this.writeEncoded(encodeMessage(message))
  }

  writeEncoded(bytes: Uint8Array): void {
    const socket = this.#socket
    if (socket.destroyed) return
    if (!this.#isCorked) {
      // What one turn of the event loop sends leaves together.
      this.#isCorked = true
      socket.cork()
      setImmediate(() => {
        this.#isCorked = false
        socket.uncork()
      })
    }
    socket.write(frameOf(bytes))
    if (socket.writableLength > highWater) socket.pause()
  }

  /** Settles once all that was written is the machine's to deliver, or the connection is gone. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve()
      else this.#socket.write(new Uint8Array(0), () => resolve())
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(piece: Uint8Array): string | undefined {
    const messages = this.#reader.push(piece)
    if (messages === null) return this.#refuse(`a message is longer than ${longestMessage} bytes`)
    for (const bytes of messages) {
      if (this.#socket.destroyed) return undefined
      const message = decodeMessage(bytes)
      if (message === null) return this.#refuse('it sent what is no message')
      this.#receive(message)
    }
    return undefined
  }

  #refuse(why: string): string {
    this.#socket.destroy()
    return why
  }
}

/** Bytes that wait to be sent before reading stops. */
const highWater = 1024 * 1024
