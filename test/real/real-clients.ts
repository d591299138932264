import { us } from '../../sim/host/durations.js'
import type { Host } from '../../sim/host/seam.js'
import { rootKey } from '../../sim/kernel/root-key.js'
import { Stream } from '../../sim/kernel/stream.js'
import { OperationHistory } from '../../sim/run/operation-history.js'
import type { AnyScenario, Options } from '../../sim/run/scenario.js'
import { outcomeOf } from '../../sim/run/workload-client.js'

/** The clients of a scenario's workload on real hosts: what they do and were answered is a history for the scenario's own judge. */
export class RealClients {
  readonly history = new OperationHistory()
  readonly #scenario: AnyScenario
  readonly #options: Options
  readonly #running: Promise<void>[]
  #isDone = false
  /** In the place of a simulation's steps: events of the history, in their order. */
  #events = 0

  constructor(scenario: AnyScenario, options: Options, hosts: readonly Host[]) {
    this.#scenario = scenario
    this.#options = options
    this.#running = hosts.map((host, index) => this.#run(host, index + 1))
  }

  get answered(): number {
    return this.history.records.filter(({ outcome }) => outcome.kind === 'ok').length
  }

  /** What the scenario's judge finds in the history so far. */
  get found(): unknown {
    const { judge } = this.#scenario.workload
    if (judge === undefined) throw new Error(`${this.#scenario.name} has no judge`)
    return judge(this.history.records)
  }

  /** Ends the workload, waits for the last answers, and says what the judge finds. */
  async judge(): Promise<unknown> {
    this.#isDone = true
    await Promise.all(this.#running)
    return this.found
  }

  async #run(host: Host, client: number): Promise<void> {
    const { workload } = this.#scenario
    const options = this.#options
    const session: unknown = workload.connect?.(host)
    const key = rootKey(`client ${client}`)
    for (let index = 0; !this.#isDone; index++) {
      const random = Stream.of(key, index)
      await host.clock.sleep(workload.think?.(random, options) ?? random.int(us(2 * (options.thinkMicros ?? 1_000)) + 1))
      const op: unknown = workload.generate(random, client, index, options)
      const operation = this.history.invoke(client, op, ++this.#events, host.clock.monotonic())
      try {
        const result: unknown = await workload.perform(host, op, session)
        this.history.complete(operation, { kind: 'ok', result }, ++this.#events, host.clock.monotonic())
      } catch (error) {
        this.history.complete(operation, outcomeOf(error), ++this.#events, host.clock.monotonic())
      }
    }
  }
}
