import broker from '../../scenarios/broker.scenario.js'
import { ms, s } from '../../sim/host/durations.js'
import { run } from '../../sim/run/run.js'
import { workload } from '../../sim/run/scenario.js'
import { BrokerClient } from '../../systems/broker/client.js'

/** The broker scenario with slow and lossy links, judged by its history alone, with clients that give a record up while its answer is still on its way. */
const hasty = {
  ...broker,
  workload: workload({
    ...broker.workload,
    connect: (host) =>
      new BrokerClient(host, host.peers.broker ?? [], {
        directory: { requestTimeout: ms(20) },
        producer: { deliveryTimeout: ms(60), requestTimeout: ms(20) },
        consumer: { maxWait: 0 },
      }),
  }),
  invariants: [],
  recovery: [],
  eventually: [],
}

export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({
    scenario: hasty,
    seed,
    kinds: ['net.delay', 'net.drop', 'disk.slow'],
    options: { consumePercent: 50 },
    duration: s(20),
  })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
