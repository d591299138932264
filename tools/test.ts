/** `npm test`: every check of the project, each counted; the last line is the total, the exit code says whether all passed. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isBuiltFormCurrent } from '../cli/own-form.mjs'
import { checkAmbient } from './check-ambient.js'
import { checkBrowserBundle } from './check-browser-bundle.js'
import { checkCorpus } from './check-corpus.js'
import { checkLayering } from './check-layering.js'
import { checkProperties } from './check-properties.js'
import { checkReadme } from './check-readme.js'
import { checkSeeds } from './check-seeds.js'
import { repository } from './repository.js'
import { printFinding, repositoryProgram } from './source-program.js'

/** How many checks of a part passed, and what is wrong. */
interface Tally {
  readonly passed: number
  readonly failed: number
  readonly complaints?: readonly string[]
  /** Checks that this machine cannot make, with the reason. */
  readonly skipped?: readonly string[]
}

const oneCheck = (complaints: readonly string[]): Tally => (complaints.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, complaints })

type Part = readonly [name: string, check: () => Promise<Tally>]

/** Lanes of a stage run side by side, the parts of a lane one after another; stages follow each other. */
const stages: readonly (readonly (readonly Part[])[])[] = [
  [
    [['types', async () => oneCheck(await complaintsOf('node_modules/.bin/tsc', ['-p', '.', '--pretty', 'false']))]],
    [
      // What runs the command line by itself runs the built form, which need not be compiled each time.
      ['build', async () => oneCheck(isBuiltFormCurrent() ? [] : await complaintsOf('npm', ['run', '--silent', 'build']))],
      ['lint', async () => oneCheck(await complaintsOf('node_modules/.bin/biome', ['ci', '--colors=off', '--error-on-warnings', '.']))],
    ],
  ],
  [
    [
      ['layering', async () => oneCheck(checkLayering(program().files).map(printFinding))],
      ['ambient use', async () => oneCheck(checkAmbient(program()).map(printFinding))],
      ['browser bundle', async () => oneCheck(await checkBrowserBundle())],
      ['properties', async () => checkProperties()],
    ],
  ],
  // Its own workers take all cores.
  [[['tests', runVitest]]],
  [
    [
      ['seeds', checkSeeds],
      ['corpus', checkCorpus],
    ],
    [['README', checkReadme]],
  ],
]
const names = stages.flat(2).map(([name]) => name)

let held: ReturnType<typeof repositoryProgram> | undefined
/** Parsed once, for the checks that read the sources. */
function program() {
  held ??= repositoryProgram()
  return held
}

const only = process.argv.slice(2)
const unknown = only.find((word) => !names.includes(word))
if (unknown !== undefined) {
  process.stderr.write(`there is no part '${unknown}': there are ${names.map((name) => `'${name}'`).join(', ')}\n`)
  process.exit(2)
}

let passed = 0
let failed = 0
let skipped = 0
for (const lanes of stages) {
  await Promise.all(
    lanes.map(async (lane) => {
      for (const part of lane) if (only.length === 0 || only.includes(part[0])) await perform(part)
    }),
  )
}
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

async function perform([name, check]: Part): Promise<void> {
  const began = performance.now()
  const tally = await check().catch((error: unknown): Tally => oneCheck([error instanceof Error ? (error.stack ?? error.message) : String(error)]))
  passed += tally.passed
  failed += tally.failed
  const { skipped: omitted = [] } = tally
  skipped += omitted.length
  for (const reason of omitted) process.stdout.write(`skipped: ${reason}\n`)
  for (const complaint of tally.complaints ?? []) process.stdout.write(`${complaint}\n`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  process.stdout.write(
    `${tally.failed === 0 ? '✓' : '✗'} ${name.padEnd(16)} ${tally.passed} passed, ${tally.failed} failed${omitted.length > 0 ? `, ${omitted.length} skipped` : ''}  ${seconds} s\n`,
  )
}

/** Runs a program; what it prints is the complaint when it fails. */
async function complaintsOf(command: string, words: readonly string[]): Promise<string[]> {
  const { code, output } = await runProgram(command, words, 'keep')
  return code === 0 ? [] : [output.trim() || `${command} exits with ${code}`]
}

/** Counts every test; a file that cannot be loaded counts as one failure, an error outside of tests as well. */
async function runVitest(): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-'))
  try {
    const file = path.join(folder, 'vitest.json')
    const { code } = await runProgram('node_modules/.bin/vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], 'show')
    const result = JSON.parse(readFileSync(file, 'utf8')) as VitestResult
    const unloaded = result.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length
    const failures = result.numFailedTests + unloaded
    return { passed: result.numPassedTests, failed: failures === 0 && code !== 0 ? 1 : failures, skipped: skippedTests(result) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A test that skips itself says why in its name; all are shown, so that none is lost without a word. */
function skippedTests({ testResults }: VitestResult): string[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending' || status === 'skipped' || status === 'todo')
      .map(({ fullName }) => `${path.relative(repository, name)}: ${fullName}`),
  )
}

interface VitestResult {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly assertionResults: readonly AssertionResult[] }[]
}

interface AssertionResult {
  readonly status: string
  readonly fullName: string
}

function runProgram(command: string, words: readonly string[], output: 'keep' | 'show'): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.includes('/') ? path.join(repository, command) : command, words, {
      cwd: repository,
      stdio: ['ignore', output === 'show' ? 'inherit' : 'pipe', output === 'show' ? 'inherit' : 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: text }))
  })
}
