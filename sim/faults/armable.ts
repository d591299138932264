import type { Budget, Strategy } from '../run/scenario.js'
import type { FaultDefinition } from './definition.js'

/** What of a scenario says which kinds may be. */
export interface FaultGround {
  readonly system: { readonly name: string; readonly survives: Budget }
  readonly objects?: unknown
}

/** Why no seed of a scenario can arm a kind: it is of a strategy, there is no object store, or the system does not survive it. */
export type Obstacle =
  | { readonly kind: 'strategy'; readonly of: Strategy }
  | { readonly kind: 'objects' }
  /** `members`: what of the budget decided it. */
  | { readonly kind: 'budget'; readonly members: readonly (keyof Budget)[] }

/** Null: seeds may arm it under this strategy. */
export function obstacleTo(definition: FaultDefinition, strategy: Strategy, { system, objects }: FaultGround): Obstacle | null {
  if (definition.onlyUnder !== undefined && definition.onlyUnder !== strategy) return { kind: 'strategy', of: definition.onlyUnder }
  if (definition.needs === 'objects' && objects === undefined) return { kind: 'objects' }
  // What a definition asks the budget for is seen while it asks.
  const members = new Set<keyof Budget>()
  const survives = new Proxy(system.survives, {
    get(budget, member) {
      members.add(member as keyof Budget)
      return budget[member as keyof Budget]
    },
  })
  return isSurvivable(definition, survives) ? null : { kind: 'budget', members: [...members] }
}

/** The obstacle in a line: "disk.rot is not survived by raft-map: its survives names no corruptCopies". */
export function describeObstacle({ kind }: FaultDefinition, obstacle: Obstacle, { system }: FaultGround): string {
  switch (obstacle.kind) {
    case 'strategy':
      return `${kind} belongs to --strategy ${obstacle.of}`
    case 'objects':
      return `${kind} needs an object store: this scenario has none`
    case 'budget': {
      const missing = obstacle.members.filter((member) => system.survives[member] === undefined)
      const why =
        missing.length > 0
          ? `names no ${missing.join(' and no ')}`
          : `says ${obstacle.members.map((member) => `${member}: ${system.survives[member]}`).join(', ')}`
      return `${kind} is not survived by ${system.name}: its survives ${why}`
    }
  }
}

function isSurvivable(definition: FaultDefinition, survives: Budget): boolean {
  return definition.isSurvivable?.(survives) ?? (definition.takesDown !== true || (survives.down ?? 0) > 0)
}
