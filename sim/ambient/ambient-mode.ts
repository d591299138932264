/**
 * What happens when a process reaches past its host for the machine's clock, randomness, timers or network:
 * `trap` ends the run as `crashed` and names the place; `virtual` gives it the host's own clock, timers and randomness, for code that cannot be changed
 * (what has no virtual face, such as `fetch`, is still trapped); `off` lets it happen.
 */
export type AmbientMode = (typeof ambientModes)[number]

export const ambientModes = ['trap', 'virtual', 'off'] as const
