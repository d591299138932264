import { readFileSync } from 'node:fs'
import { check } from '/work/checker/sim/index.js'
import { settingsOf } from '/work/checker/sim/check/model-family.js'
const load = async (n: string) => (await import(`/work/checker/examples/models/${n}.model.ts`)).default
const names: Record<string,string> = { '2pc': 'two-phase-commit', increment: 'increment', increment_lock: 'increment-lock', 'single-copy-register': 'single-copy-register', 'linearizable-register': 'abd-register', paxos: 'paxos' }
const filter = process.argv[2] ?? ''
const max = Number(process.argv[3] ?? 100000)
let ok = 0, bad = 0
for (const line of readFileSync('/tmp/sr/truth.txt', 'utf8').split('\n')) {
  const m = /^(.*) PUTS=(\d) Done\. states=(\d+), unique=(\d+), depth=(\d+)/.exec(line)
  if (!m || !line.includes(filter)) continue
  if (Number(m[4]) > max) continue
  const w = m[1]!.split(' ')
  const fam = await load(names[w[0]!]!)
  let set: string[], mode: string
  if (w[0] === '2pc') { set = [`resourceManagers=${w[1]}`]; mode = w[2]! }
  else if (w[0]!.startsWith('incr')) { set = [`threads=${w[1]}`]; mode = w[2]! }
  else { set = [`clients=${w[1]}`, `servers=${w[2]}`, `network=${w[3]!.replace('unordered_nonduplicating','unordered').replace('unordered_duplicating','duplicating')}`, `puts=${m[2]}`, `lossy=${w[5] === 'lossy'}`]; mode = w[4]! }
  const t = process.cpuUsage()
  const r = check(fam.make(settingsOf(fam, set)), { search: mode === 'bfs' ? 'bfs' : 'dfs', ...(mode === 'sym' ? { symmetry: 'representative' as const } : {}) })
  const s = process.cpuUsage(t)
  const good = r.uniqueStates === Number(m[4]) && r.generatedStates === Number(m[3]) && r.depth + 1 === Number(m[5])
  const disc = [...line.matchAll(/iscovered "([^"]*)"/g)].map((x) => x[1]).sort().join()
  const ours = r.discoveries.map((d) => d.property).sort().join()
  good && disc === ours ? ok++ : bad++
  if (!good || disc !== ours) console.log('DIFF', line.slice(0, 140), '| ours', r.generatedStates, r.uniqueStates, r.depth + 1, ours, (s.user / 1e6).toFixed(2))
}
console.log(ok, bad)
