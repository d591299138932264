/**
 * Watches the main thread, which cannot be reached while code of a scenario loops for ever: not by a timer, and not by Ctrl-C. Plain JavaScript, so that it
 * starts at once. See watchdog.ts.
 */
import { writeSync } from 'node:fs'
import inspector from 'node:inspector'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

const { words, patienceMillis, releaseMillis, lookEveryMillis, signWord, activeWord, hooks, exitCode } = workerData
const shared = new Int32Array(words)
let about = 'a run'
let signs = 0
/** Counted in looks: a machine that slept is nobody's fault. */
let quietMillis = 0
let isEnding = false

parentPort.on('message', (text) => {
  about = text
})
setInterval(look, lookEveryMillis)

function look() {
  const now = Atomics.load(shared, signWord)
  const isAlive = now !== signs || Atomics.load(shared, activeWord) === 0
  signs = now
  if (isAlive) quietMillis = 0
  else {
    const before = quietMillis
    quietMillis += lookEveryMillis
    if (before < releaseMillis && quietMillis >= releaseMillis) void onMainThread(`${hooks}.release()`)
    if (before < patienceMillis && quietMillis >= patienceMillis) void end()
  }
}

async function end() {
  if (isEnding) return
  isEnding = true
  // Who looks at the program in a debugger has stopped it.
  if ((await onMainThread(`${hooks}.isDebugged()`)) === true) {
    isEnding = false
    return
  }
  const place = await whereItIs()
  const seconds = patienceMillis / 1_000
  writeSync(
    2,
    `seedfall: ${about} gave no sign of life for ${seconds} s${place}: an endless loop in the scenario's code; if it is only slow, SEEDFALL_QUIET_SECONDS=${10 * seconds} waits longer\n`,
  )
  await onMainThread(`${hooks}.exit(${exitCode})`)
  // It did not take the word.
  process.kill(process.pid, 'SIGKILL')
}

/** The value of an expression there, in the middle of whatever runs; undefined without an answer in time. */
async function onMainThread(expression) {
  return await connected(async (session) => {
    const { result } = await post(session, 'Runtime.evaluate', { expression, returnByValue: true, silent: true })
    return result.value
  })
}

/** ` in NAME of FILE`, of the innermost function that is in a file. */
async function whereItIs() {
  const place = await connected(async (session) => {
    const urls = new Map()
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url))
    const paused = new Promise((resolve) => session.once('Debugger.paused', ({ params }) => resolve(params.callFrames)))
    await post(session, 'Debugger.enable')
    await post(session, 'Debugger.pause')
    const frames = (await paused).map(({ functionName, location }) => ({ functionName, url: urls.get(location.scriptId) ?? '' }))
    const frame = frames.find(({ url }) => url !== '' && !url.startsWith('node:'))
    await post(session, 'Debugger.disable')
    return frame === undefined ? '' : ` in ${frame.functionName || 'a function'} of ${path.basename(frame.url).replace(/\?.*/, '')}`
  })
  return place ?? ''
}

const answerWithinMillis = 3_000

async function connected(ask) {
  // Node.js before 20.11 has no way in.
  if (inspector.Session.prototype.connectToMainThread === undefined) return undefined
  const session = new inspector.Session()
  session.connectToMainThread()
  let timer
  try {
    return await Promise.race([
      ask(session),
      new Promise((resolve) => {
        timer = setTimeout(resolve, answerWithinMillis)
      }),
    ])
  } finally {
    clearTimeout(timer)
    session.disconnect()
  }
}

const post = (session, method, params = {}) =>
  new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(new Error(error.message)) : resolve(result))))
