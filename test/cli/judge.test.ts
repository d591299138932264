import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../cli/main.js'
import { plain } from '../../sim/report/palette.js'
import { freshFolder, seedfall } from './seedfall.js'

/** Runs the command in this process: it only reads and writes files. */
async function judge(words: readonly string[], folder: string) {
  const out: string[] = []
  const error: string[] = []
  const terminal = {
    out: (text: string) => out.push(text),
    error: (text: string) => error.push(text),
    paint: plain,
    width: 100,
    folder,
    program: 'npx seedfall',
  }
  const code = await main(['judge', ...words], terminal)
  return { code, out: out.join('\n'), error: error.join('\n') }
}

const event = (process: number, type: string, f: string, value: unknown): string => JSON.stringify({ process, type, f, key: 'x', value })
const good = [event(1, 'invoke', 'put', 1), event(1, 'ok', 'put', 1), event(2, 'invoke', 'get', null), event(2, 'ok', 'get', 1)].join('\n')
const bad = good.replace(/1\}$/, '2}')

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = freshFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

describe('judge', () => {
  test('says what is wrong with a history, and its exit code says the worst', async () => {
    const folder = folderWith({ 'good.jsonl': good, 'bad.jsonl': bad })
    expect(await judge(['good.jsonl', '--model', 'kv'], folder)).toMatchObject({ code: 0 })
    const both = await judge(['good.jsonl', 'bad.jsonl', '--model', 'kv'], folder)
    expect(both.code).toBe(1)
    expect(both.out).toMatch(/✓ yes {2}good.jsonl {2}linearizable \(kv\) {2}2 operations/)
    expect(both.out).toContain('client-2 read 2 at key "x" at 0.004 s, after client-1\'s write of 1 at key "x" was acknowledged at 0.002 s')
    expect(both.out).toContain('1 of 2 histories are linearizable (kv)')
  })

  test('as JSON is one object', async () => {
    const { code, out } = await judge(['bad.jsonl', '--model', 'kv', '--json'], folderWith({ 'bad.jsonl': bad }))
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'no',
      histories: [{ file: 'bad.jsonl', verdict: 'no', asked: 'linearizable (kv)', operations: 2, prefixLength: 1, at: { client: 2 } }],
    })
  })

  test('holds a history to other consistencies, and other models have their own', async () => {
    const stale = bad.replace(/2\}$/, 'null}')
    const folder = folderWith({
      'stale.jsonl': stale,
      'txn.edn': '{:process 0 :type :invoke :f :txn :value [[:append x 1] [:r y nil]]}\n{:process 0 :type :ok :f :txn :value [[:append x 1] [:r y [7]]]}',
    })
    expect((await judge(['stale.jsonl', '--model', 'kv'], folder)).code).toBe(1)
    expect((await judge(['stale.jsonl', '--model', 'kv', '--consistency', 'sequential'], folder)).code).toBe(0)
    expect((await judge(['stale.jsonl', '--model', 'kv', '--consistency', 'sessions'], folder)).code).toBe(0)
    const txn = await judge(['txn.edn', '--model', 'list-append', '--consistency', 'read-uncommitted'], folder)
    expect(txn).toMatchObject({ code: 0 })
    expect(txn.out).toContain('garbage-read')
    expect((await judge(['txn.edn', '--model', 'list-append'], folder)).code).toBe(1)
  })

  test('draws the break, and writes the history in other formats', async () => {
    const folder = folderWith({ 'bad.jsonl': bad })
    const { out } = await judge(['bad.jsonl', '--model', 'kv', '--picture', '--svg', 'bad.svg', '--to', 'bad.edn'], folder)
    expect(out).toContain('✗ read 2')
    expect(readFileSync(path.join(folder, 'bad.svg'), 'utf8')).toContain('class="broken"')
    expect(await judge(['bad.edn', '--model', 'kv'], folder)).toMatchObject({ code: 1 })
    await judge(['bad.edn', '--model', 'kv', '--to', 'again.jsonl'], folder)
    expect(await judge(['again.jsonl', '--model', 'kv'], folder)).toMatchObject({ code: 1 })
    expect(existsSync(path.join(folder, 'again.jsonl'))).toBe(true)
  })

  test('is undecided when its steps end', async () => {
    const writes = Array.from({ length: 14 }, (_, i) => event(i, 'invoke', 'put', i + 1))
    const ends = Array.from({ length: 14 }, (_, i) => event(i, 'ok', 'put', i + 1))
    const hard = [...writes, event(20, 'invoke', 'get', null), event(20, 'ok', 'get', 99), ...ends].join('\n')
    expect(await judge(['hard.jsonl', '--model', 'kv', '--steps', '1000'], folderWith({ 'hard.jsonl': hard }))).toMatchObject({ code: 8 })
  })

  test.each([
    [['none.jsonl', '--model', 'kv'], 'none.jsonl cannot be read'],
    [['bad.jsonl', '--model', 'kw'], "there is no model 'kw': did you mean kv?"],
    [['bad.jsonl'], "required option '--model <name>' not specified"],
    [['bad.jsonl', '--model', 'queue'], "bad.jsonl: line 1: 'put' is no operation of the model queue: there are enqueue, dequeue"],
    [['bad.jsonl', '--model', 'kv', '--consistency', 'best'], "bad.jsonl: a history of kv is not judged as 'best': there are linearizable, sequential"],
    [['bad.jsonl', '--model', 'kv', '--to', 'bad.csv'], "--to 'bad.csv' does not say how: its name ends in .edn, .events.jsonl or .jsonl"],
    [['bad.jsonl', 'word.txt', '--model', 'kv', '--to', 'one.edn'], '--to writes one history: name one'],
    [['word.txt', '--model', 'kv'], 'word.txt: line 1: neither JSON lines, nor EDN'],
  ])('of bad input says one clear line: %j', async (words, message) => {
    const { code, error } = await judge(words, folderWith({ 'bad.jsonl': bad, 'word.txt': 'hello' }))
    expect(code).toBe(2)
    expect(error).toContain(message)
    expect(error.split('\n')).toHaveLength(1)
  })

  test('is a command of the program', async () => {
    const { code, out } = await seedfall(['judge', 'good.jsonl', '--model', 'kv'], folderWith({ 'good.jsonl': good }))
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('✓ yes  good.jsonl') })
  })
})
