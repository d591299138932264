import { VmObservation, VmObserver, type VmRoles } from '../../../invariants/orchestrator/observer.js'
import type { Invariant } from '../../../sim/run/scenario.js'
import type { VmRecord } from '../../../systems/orchestrator/control/records.js'
import { definitionDefaults } from '../../../systems/orchestrator/definition.js'

/** An observer that has seen what a test says, in place of a step of a run. */
export class Shown {
  readonly observer = new VmObserver()
  readonly observation = new VmObservation()
  readonly #check: (fields: object) => string | undefined

  constructor(make: (observation: VmObservation) => Invariant<VmRoles>) {
    const { observer, observation } = this
    observation.of = () => observer
    observer.look = () => observer.aspects
    const check = make(observation).begin()
    this.#check = (fields) => {
      Object.assign(observer, nothing, fields)
      const said = check({} as never, {} as never)
      for (const { vm, record } of observer.touches) {
        if (record === null) observer.records.delete(vm)
        else observer.records.set(vm, record)
      }
      return typeof said === 'string' ? said : undefined
    }
  }

  /** What the invariant says of a step that showed this. */
  see(fields: object): string | undefined {
    return this.#check(fields)
  }
}

const nothing = { machine: null, host: null, events: [], executing: [], touches: [], control: null, write: null, broken: null, blocked: [], blockedClients: [] }

export const vmRecord = (given: Partial<VmRecord> = {}): VmRecord => ({
  id: 'vm-1',
  serial: 1,
  name: 'web',
  tenant: 'acme',
  definition: definitionDefaults,
  desired: 'running',
  generation: 1,
  host: 'machine-1',
  session: 1,
  observed: 'running',
  evicted: null,
  migration: null,
  arrival: null,
  boots: 1,
  address: null,
  identity: { machineId: 'm', randomSeed: 1, generationId: 'g' },
  pool: null,
  isBecoming: false,
  failedOn: [],
  ...given,
})

export const touch = (record: VmRecord, before: VmRecord | null = null) => ({ revision: 1, vm: record.id, record, before })

export const event = (what: string, given: object = {}) => ({
  what,
  vm: 'vm-1',
  generation: 1,
  instance: 1,
  generationId: 'g',
  migration: null,
  digest: 0,
  why: '',
  ...given,
})

/** A machine with guests that execute, by VM and generation, as far as invariants look at one. */
export function fakeMachine(name: string, guests: Readonly<Record<string, number>> = {}, session = 1) {
  const machine: Record<string, unknown> = {
    session,
    config: { keepAlive: 1, capacity: { vcpus: 2, memoryMib: 1_024, diskMib: 4_096 } },
    isExecuting: () => true,
  }
  machine.guests = new Map(
    Object.entries(guests).map(([vm, generation]) => [
      vm,
      { vm, spec: { vm, generation, definition: definitionDefaults, address: null, identity: { generationId: vm } } },
    ]),
  )
  return { machine, host: { name, index: Number(name.slice(-1)), status: 'up', incarnation: 1, process: machine } }
}
