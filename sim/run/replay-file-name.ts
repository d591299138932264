/** What the replay file of a run is called in `.seedfall`: `lock-7.json`. */
export function replayFileName({ scenario, seed }: { readonly scenario: string; readonly seed: string }): string {
  return `${`${scenario}-${seed}`.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 120)}.json`
}
