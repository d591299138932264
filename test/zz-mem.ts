console.log('base', (process.memoryUsage.rss() / 1e6).toFixed(0))
const { check } = await import('/work/checker/sim/index.js')
const { settingsOf } = await import('/work/checker/sim/check/model-family.js')
const fam = (await import(`/work/checker/examples/models/paxos.model.ts`)).default
console.log('loaded', (process.memoryUsage.rss() / 1e6).toFixed(0))
const r = check(fam.make(settingsOf(fam, ['clients=3'])), { watch: (p) => { if (p.uniqueStates % 8 === 0) { const m = process.memoryUsage(); console.log(p.uniqueStates, (m.rss / 1e6).toFixed(0), 'heap', (m.heapTotal / 1e6).toFixed(0), (m.heapUsed / 1e6).toFixed(0), 'buf', (m.arrayBuffers / 1e6).toFixed(0)) } return true } })
console.log(r.uniqueStates, (process.resourceUsage().maxRSS / 1024).toFixed(0), process.memoryUsage())
