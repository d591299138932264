/** A process of a storm: runs the seeds that it is sent, one at a time, and answers each with a `StormRun`. Started by `storm`. */
import { loadScenario } from '../../cli/load-scenario.js'
import { run } from '../../sim/run/run.js'
import { repository } from '../repository.js'
import { stormRun } from './storm-summary.js'

const { scenario } = await loadScenario(process.argv[2]!, repository)

// Ctrl-C reaches every process of the group: the storm's own decides, and this one finishes its seed.
process.on('SIGINT', () => {})

process.on('message', async (seed: string) => {
  const began = process.cpuUsage()
  const report = await run({ scenario, seed })
  const { user, system } = process.cpuUsage(began)
  process.send!(stormRun(report, (user + system) / 1e6))
})
process.on('disconnect', () => process.exit())
process.send!('ready')
