import { check } from '/work/checker/sim/index.js'
import { settingsOf } from '/work/checker/sim/check/model-family.js'
const [name, ...set] = process.argv.slice(2)
const fam = (await import(`/work/checker/examples/models/${name}.model.ts`)).default
for (let i = 0; i < 4; i++) {
  const t = process.cpuUsage(), w = performance.now()
  const r = check(fam.make(settingsOf(fam, set)))
  const s = process.cpuUsage(t)
  const cpu = (s.user + s.system) / 1e6
  console.log(r.uniqueStates, r.generatedStates, 'cpu', cpu.toFixed(2), 'wall', ((performance.now() - w) / 1e3).toFixed(2), (r.uniqueStates / cpu / 1e6).toFixed(2), 'M/s', (process.resourceUsage().maxRSS / 1024).toFixed(0), 'MB')
}
