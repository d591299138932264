import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { run } from '../../../sim/index.js'
import { busyScenario, storm } from './busy-scenario.js'

/** Runs the busy scenario and says what came of it: a program for other processes, and a worker. */
const seed = isMainThread ? process.argv[2]! : (workerData as { seed: string }).seed
const { traceHash, steps, outcome } = await run({ scenario: busyScenario(), seed, ...storm })
const answer = `${outcome} ${steps} ${traceHash}`
if (parentPort) parentPort.postMessage(answer)
else console.log(answer)
