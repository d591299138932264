import { ms, us } from '../host/durations.js'
import { NetError, OperationFailed } from '../host/errors.js'
import type { Host } from '../host/seam.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { OperationHistory } from './operation-history.js'
import type { AnyScenario, EventuallyAnswered, Options } from './scenario.js'

/** What a client shares with its run. */
export interface ClientContext {
  readonly kernel: Kernel
  readonly scenario: AnyScenario
  readonly options: Options
  readonly history: OperationHistory
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
    const { kernel, history, options, scenario } = context
    const { workload } = scenario
    const key = deriveKey(deriveKey(kernel.key, 'workload'), this.client)
    context.clientsRunning++
    const session: unknown = workload.connect?.(host)
    for (let index = 0; ; index++) {
      const random = Stream.of(key, index)
      const think = workload.think === undefined ? random.int(us(2 * (options.thinkMicros ?? 1_000)) + 1) : workload.think(random, options)
      await host.clock.sleep(think)
      if (context.areClientsDone) break
      const op: unknown = workload.generate(random, this.client, index, options)
      const operation = history.invoke(this.client, op, kernel.steps, kernel.now)
      try {
        const result: unknown = await workload.perform(host, op, session)
        history.complete(operation, { kind: 'ok', result }, kernel.steps, kernel.now)
      } catch (error) {
        history.complete(operation, outcomeOf(error), kernel.steps, kernel.now)
      }
    }
    context.clientsRunning--
    if (this.client === 1) await this.#ask()
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
