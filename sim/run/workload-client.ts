import { ms, us } from '../host/durations.js'
import { NetError, OperationFailed } from '../host/errors.js'
import type { Host, Nanos } from '../host/seam.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { OperationHistory } from './operation-history.js'
import { inOrder, type PlannedOperation } from './planned-operation.js'
import type { AnyScenario, EventuallyAnswered, Options } from './scenario.js'

/** What a client shares with its run. */
export interface ClientContext {
  readonly kernel: Kernel
  readonly scenario: AnyScenario
  readonly options: Options
  readonly history: OperationHistory
  /** Of what clients draw. */
  readonly workloadKey: Key
  /** Instead of what clients would draw; null: they draw. */
  readonly operations: readonly PlannedOperation[] | null
  readonly durationNanos: Nanos
  /** True from the end of the workload on: no further operation starts. */
  areClientsDone: boolean
  clientsRunning: number
  /** By the name of an `EventuallyAnswered`: what its last answer was; null: that it holds. */
  readonly answers: Map<string, string | null>
}

const askAgainAfter = ms(10)

/** A client's process: think, generate, perform, record; operations are drawn before they are performed, from a stream of their own. */
export class WorkloadClient {
  constructor(
    readonly host: Host,
    readonly context: ClientContext,
    readonly client: number,
  ) {}

  async run(): Promise<void> {
    const { context, host } = this
    context.clientsRunning++
    const session: unknown = context.scenario.workload.connect?.(host)
    if (context.operations === null) await this.#drawn(session)
    else await this.#planned(context.operations, session)
    context.clientsRunning--
    if (this.client === 1) await this.#ask()
  }

  /** Its own operations, one after the other until the workload ends. */
  async #drawn(session: unknown): Promise<void> {
    const { context, host } = this
    const { options } = context
    const { workload } = context.scenario
    for (let index = 0; ; index++) {
      const random = this.#randomOf(index)
      const think = workload.think === undefined ? this.#usualThink(random) : workload.think(random, options)
      await host.clock.sleep(think)
      if (context.areClientsDone) return
      await this.#perform(workload.generate(random, this.client, index, options), session)
    }
  }

  /** Those that the run lists for it, each at its time; then it waits for the end of the workload. */
  async #planned(operations: readonly PlannedOperation[], session: unknown): Promise<void> {
    const { context, host } = this
    const { kernel } = context
    for (const planned of inOrder(operations)) {
      if (planned.client !== this.client) continue
      await host.clock.sleep(Math.max(0, planned.at - kernel.now))
      if (context.areClientsDone) return
      await this.#perform('op' in planned ? structuredClone(planned.op) : this.#redrawn(planned.index), session)
    }
    if (kernel.now < context.durationNanos) await host.clock.sleep(context.durationNanos - kernel.now)
    while (!context.areClientsDone) await host.clock.sleep(askAgainAfter)
  }

  async #perform(op: unknown, session: unknown): Promise<void> {
    const { kernel, history, scenario } = this.context
    const operation = history.invoke(this.client, op, kernel.steps, kernel.now)
    try {
      const result: unknown = await scenario.workload.perform(this.host, op, session)
      history.complete(operation, { kind: 'ok', result }, kernel.steps, kernel.now)
    } catch (error) {
      history.complete(operation, outcomeOf(error), kernel.steps, kernel.now)
    }
  }

  /** The operation of this index, as it would have been drawn. */
  #redrawn(index: number): unknown {
    const { options, scenario } = this.context
    const random = this.#randomOf(index)
    if (scenario.workload.think === undefined) this.#usualThink(random)
    else scenario.workload.think(random, options)
    return scenario.workload.generate(random, this.client, index, options)
  }

  #randomOf(index: number): Stream {
    return Stream.of(deriveKey(this.context.workloadKey, this.client), index)
  }

  #usualThink(random: Stream): Nanos {
    return random.int(us(2 * (this.context.options.thinkMicros ?? 1_000)) + 1)
  }

  /** What must come true in the end, as far as a client can tell. */
  async #ask(): Promise<void> {
    const { context, host } = this
    const { history, scenario, answers } = context
    const asked = ((scenario.eventually ?? []) as readonly object[]).filter((property): property is EventuallyAnswered => 'ask' in property)
    if (asked.length === 0) return
    while (history.openCount > 0) await host.clock.sleep(askAgainAfter)
    for (const property of asked) {
      for (;;) {
        const wrong = await property.ask(host, history.records).catch(unanswered)
        answers.set(property.name, wrong)
        if (wrong === null) break
        await host.clock.sleep(askAgainAfter)
      }
    }
  }
}

function unanswered(error: unknown): string {
  if (error instanceof NetError) return error.message
  throw error
}

/** A timeout is an unknown outcome, never a failure; what is no answer of the world is the client's own crash. */
export function outcomeOf(error: unknown): { kind: 'fail' | 'unknown'; error: string } {
  if (error instanceof OperationFailed) return { kind: 'fail', error: error.message }
  if (error instanceof NetError) return { kind: error.code === 'refused' ? 'fail' : 'unknown', error: error.message }
  throw error
}
