import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pack } from './pack.js'
import { substitute } from './plant/substitute.mjs'
import { repository } from './repository.js'

/** A fenced block of a Markdown text, with the words that follow its language. */
export interface Block {
  readonly language: string
  /** `in=my-system`, `exit=1`, `file=my.scenario.ts`. */
  readonly words: Readonly<Record<string, string>>
  readonly text: string
  /** Of its fence, counted from 1. */
  readonly line: number
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { head: string; line: number; lines: string[] } | undefined
  for (const [i, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line)
    else if (open === undefined) open = { head: line.slice(3).trim(), line: i + 1, lines: [] }
    else {
      const [language = '', ...words] = open.head.split(/\s+/)
      blocks.push({ language, words: Object.fromEntries(words.map((word) => word.split('=', 2))), text: open.lines.join('\n'), line: open.line })
      open = undefined
    }
  }
  if (open) throw new Error(`the block at line ${open.line} is never closed`)
  return blocks
}

/**
 * Runs the README, and then the pages of docs/, as their reader would: every `sh` block in order, in the repository or in the fresh folder that `in=`
 * names, expecting the exit code that `exit=` names; every block with `file=` is written there first, and a `diff` with `file=` changes what was written.
 * A block with `run=no` is a service that never ends. Two things are as the check found them and not run again: the dependencies that `npm ci` installs,
 * and `npm test`, which is running. `npm install seedfall` installs the package packed from this tree.
 */
export async function checkReadme(): Promise<{ passed: number; failed: number; complaints: string[] }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-readme-'))
  const complaints: string[] = []
  let passed = 0
  try {
    const tarball = await pack(folder)
    for (const page of pages()) {
      const { passed: ran, complaints: wrong } = await checkPage(page, folder, tarball)
      if (ran + wrong.length === 0 && page === 'README.md') wrong.push('README.md has no command to run')
      passed += ran
      complaints.push(...wrong)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { passed, failed: complaints.length, complaints }
}

/** The README first: it installs the package that other pages go on with. */
export const pages = (): string[] => [
  'README.md',
  ...readdirSync(path.join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
]

async function checkPage(page: string, folder: string, tarball: string): Promise<{ passed: number; complaints: string[] }> {
  const complaints: string[] = []
  let passed = 0
  for (const { language, words, text, line } of blocksOf(readFileSync(path.join(repository, page), 'utf8'))) {
    const home = words.in === undefined ? repository : path.join(folder, words.in)
    mkdirSync(home, { recursive: true })
    if (words.file !== undefined) writeBlock(path.join(home, words.file), language, text)
    if (language !== 'sh' || words.run === 'no') continue
    const script = runnable(text, tarball)
    if (script === '') continue
    const { code, output } = await runScript(script, home)
    if (code === Number(words.exit ?? 0)) passed++
    else complaints.push(`${page}:${line} exits with ${code}, not with ${words.exit ?? 0}:\n${script}\n${output.trim().slice(-2_000)}`)
  }
  return { passed, complaints }
}

/** A diff replaces its old lines, which must be there exactly once; any other block is the whole file. */
function writeBlock(file: string, language: string, text: string): void {
  if (language !== 'diff') {
    writeFileSync(file, `${text}\n`)
    return
  }
  const side = (mark: string): string =>
    text
      .split('\n')
      .filter((line) => line.startsWith(mark) || line.startsWith(' '))
      .map((line) => line.slice(1))
      .join('\n')
  writeFileSync(file, substitute({ name: 'README.md', file, replace: side('-'), with: side('+') }, readFileSync(file, 'utf8')))
}

function runnable(text: string, tarball: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^npm ci( && )?/, '').replace(/^npm test$/, ''))
    .map((line) => line.replace(/\bnpm install seedfall\b/, `npm install --no-fund --no-audit ${tarball}`))
    .filter((line) => line.trim() !== '')
    .join('\n')
}

function runScript(script: string, folder: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
