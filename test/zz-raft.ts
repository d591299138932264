import { Checker } from '/work/checker/sim/index.js'
import { raftModel } from '/work/checker/invariants/raft/core-model.js'
const b = JSON.parse(process.argv[2]!), max = Number(process.argv[3] ?? 1e6)
const t = process.cpuUsage()
const c = new Checker(raftModel({ nodes: 3, ...b }), { maxStates: max })
let next = 0
while (!c.isDone) { c.advance(20000); const p = c.progress; if (p.uniqueStates > next) { next = p.uniqueStates + max / 10; const s = process.cpuUsage(t); console.log(p, ((s.user + s.system) / 1e6).toFixed(0), (process.memoryUsage.rss() / 1e6).toFixed(0)) } }
const r = c.result(); const s = process.cpuUsage(t)
console.log(JSON.stringify(b), r.uniqueStates, r.generatedStates, r.depth, r.complete, r.violations.map((v) => [v.property, v.detail, v.actions.length]), 'cpu', ((s.user + s.system) / 1e6).toFixed(1), 'rss', (process.resourceUsage().maxRSS / 1024).toFixed(0))
