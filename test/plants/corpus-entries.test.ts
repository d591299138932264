import { execFile } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CorpusFolder } from '../../cli/corpus-folder.js'
import { repository } from '../../tools/repository.js'
import { plants } from './plants.js'

/** Which planted mistake each entry that must pass was found with. */
const mistakes: Readonly<Record<string, string>> = {
  'broker-acknowledged-by-a-lost-leader': 'success-despite-lost-leadership',
  'kv-copy-of-the-manifest-not-read': 'unread-copy-taken-for-damaged',
  'kv-manifest-of-another-table': 'records-name-no-owner',
  'raft-change-committed-by-another-leader': 'decider-thought-to-know-what-others-do',
  'raft-deposed-leader-serves-reads': 'deposed-leader-serves-reads',
  'raft-follower-never-learns-the-commit': 'verified-is-forgotten-within-a-term',
  'vm-guest-writes-while-it-stands-still': 'guest-writes-while-it-stands-still',
}

/** What `corpus check` says of an entry in a program with the mistake planted. */
function checkedWith(plantName: string, entry: string): Promise<{ verdict: string; check: string; why: string }> {
  const plant = plants.find(({ name }) => name === plantName)
  if (plant === undefined) throw new Error(`there is no plant '${plantName}'`)
  const words = ['--import', pathToFileURL(path.join(repository, 'tools/plant/register.mjs')).href, path.join(repository, 'cli/bin.mjs')]
  const env = { ...process.env, SEEDFALL_PLANT: JSON.stringify({ ...plant, file: path.join(repository, plant.file) }), SEEDFALL_FORM: 'sources' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...words, 'corpus', 'check', entry, '--json'], { cwd: repository, env }, (_failure, out, error) => {
      if (out === '') reject(new Error(error))
      else resolve((JSON.parse(out) as { entries: [{ verdict: string; check: string; why: string }] }).entries[0])
    })
  })
}

/** A regression that no longer comes to where its mistake was would pass for ever: with the mistake planted again it must fail. */
describe("the corpus' entries that must pass", () => {
  const entries = new CorpusFolder('corpus', repository).files().flatMap((file) => ('entry' in file && file.entry.expect === 'passes' ? [file.entry] : []))

  test('each name the mistake that they were found with', () => expect(entries.map(({ name }) => name)).toEqual(Object.keys(mistakes).sort()))

  test.each(Object.entries(mistakes))('%s fails again with %s planted', async (entry, plant) => {
    const { verdict, check, why } = await checkedWith(plant, entry)
    expect(why).toContain('what was repaired is back')
    expect(verdict).toBe('broken')
    expect(plants.find(({ name }) => name === plant)?.expect).toContain(check)
  })
})
