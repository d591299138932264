import { describe, expect, test } from 'vitest'
import { StopSignal } from '../../../sim/host/stop-signal.js'

describe('the signal that a process is asked to stop by', () => {
  test('tells every listener once, whatever the others throw, and hands on what they threw', () => {
    const failures: unknown[] = []
    const heard: string[] = []
    const stop = new StopSignal((error) => failures.push(error))
    const { signal } = stop
    const thrown = new Error('the first listener')
    signal.addEventListener('abort', () => {
      throw thrown
    })
    signal.addEventListener('abort', { handleEvent: () => heard.push('object') })
    signal.addEventListener('abort', () => heard.push('once'), { once: true })
    const removed = () => heard.push('removed')
    signal.addEventListener('abort', removed)
    signal.removeEventListener('abort', removed)
    signal.onabort = () => {
      heard.push('onabort')
      throw thrown
    }
    expect(signal.aborted).toBe(false)
    stop.abort()
    stop.abort()
    expect(signal.aborted).toBe(true)
    expect(heard.toSorted()).toEqual(['object', 'onabort', 'once'])
    expect(failures).toEqual([thrown, thrown])
    expect(() => signal.throwIfAborted()).toThrow('aborted')
  })

  test('is a signal as any other to what takes one', () => {
    const stop = new StopSignal(() => undefined)
    const either = AbortSignal.any([stop.signal, new AbortController().signal])
    stop.abort()
    expect(either.aborted).toBe(true)
  })
})
