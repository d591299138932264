/**
 * Which of a member's lives this is: one that left and came back has forgotten what it said before, in the same life of its host. `departures`: how often it left in
 * this life of the host.
 */
export function lifeOf(incarnation: number, departures: number): number {
  return incarnation + departures / 2 ** 20
}
