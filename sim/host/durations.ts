import type { Nanos } from './seam.js'

/** Durations in nanoseconds. Fractions are rounded, so that virtual time stays an integer. */
export const us = (microseconds: number): Nanos => Math.round(microseconds * 1_000)
export const ms = (milliseconds: number): Nanos => Math.round(milliseconds * 1_000_000)
export const s = (seconds: number): Nanos => Math.round(seconds * 1_000_000_000)
