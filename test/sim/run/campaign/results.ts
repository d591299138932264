import { Histogram } from '../../../../sim/run/campaign/histogram.js'
import type { SeedResult } from '../../../../sim/run/campaign/seed-result.js'

/** A result that depends on its scenario and seed alone, with something of everything. */
export function resultOf(scenario: number, seed: number, isFailing: boolean, fingerprint = `failure ${seed % 2}`): SeedResult {
  const latency = new Histogram()
  for (let i = 0; i < 3; i++) latency.add(1_000 * (seed % 11) + i)
  const word = (seed * 7 + scenario).toString(16).padStart(16, '0')
  return {
    outcome: isFailing ? 'violation' : 'passed',
    steps: 1_000 + ((seed * 37) % 101),
    virtualMillis: 1_000,
    traceHash: word,
    drawn: ['net.drop'],
    faults: [{ kind: 'net.drop', armed: true, opportunities: 40, injections: seed % 3, heldBack: 1, exposed: 9, struck: seed % 4 }],
    statistics: { crashes: seed % 5, crashesInsideSteps: seed % 2, ratio: (seed % 7) / 3 },
    properties: [{ name: 'a snapshot is installed', kind: 'sometimes', reached: 2, held: seed % 2 }],
    measurements: { 'commit latency': { unit: 'nanos', histogram: latency.toJSON() } },
    failure: isFailing ? { fingerprint, check: 'ElectionSafety', message: `two leaders of term ${seed}`, host: 'member-1', step: 900, at: 5e8 } : null,
  }
}
