import { us } from '../host/durations.js'
import { NetError, OperationFailed } from '../host/errors.js'
import type { Host } from '../host/seam.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { OperationHistory } from './operation-history.js'
import type { AnyScenario, Options } from './scenario.js'

/** What a client shares with its run. */
export interface ClientContext {
  readonly kernel: Kernel
  readonly scenario: AnyScenario
  readonly options: Options
  readonly history: OperationHistory
  /** True from the end of the workload on: no further operation starts. */
  areClientsDone: boolean
  clientsRunning: number
}

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
    for (let index = 0; ; index++) {
      const random = Stream.of(key, index)
      const think = workload.think === undefined ? random.int(us(2 * (options.thinkMicros ?? 1_000)) + 1) : workload.think(random, options)
      await host.clock.sleep(think)
      if (context.areClientsDone) break
      const op: unknown = workload.generate(random, this.client, index, options)
      const operation = history.invoke(this.client, op, kernel.steps, kernel.now)
      try {
        const result: unknown = await workload.perform(host, op)
        history.complete(operation, { kind: 'ok', result }, kernel.steps, kernel.now)
      } catch (error) {
        history.complete(operation, outcomeOf(error), kernel.steps, kernel.now)
      }
    }
    context.clientsRunning--
  }
}

/** A timeout is an unknown outcome, never a failure; what is no answer of the world is the client's own crash. */
function outcomeOf(error: unknown): { kind: 'fail' | 'unknown'; error: string } {
  if (error instanceof OperationFailed) return { kind: 'fail', error: error.message }
  if (error instanceof NetError) return { kind: error.code === 'refused' ? 'fail' : 'unknown', error: error.message }
  throw error
}
