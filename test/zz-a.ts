import { check } from '../sim/index.js'
import { increment } from '../examples/models/increment.js'
import { canonicalHash } from '../sim/check/canonical-hash.js'
for (const exact of [false, true]) { const r = check(increment(4, true), { exact }); console.log(r.uniqueStates, r.discoveries[0]?.detail, JSON.stringify(r.discoveries[0]?.state)) }
const seen = new Map<string, unknown>()
const put = (v: unknown) => { const h = canonicalHash(v); const k = `${h.high}/${h.low}`; if (seen.has(k)) console.log('collision', JSON.stringify(seen.get(k)), JSON.stringify(v)); seen.set(k, v) }
for (let a = 0; a < 20; a++) for (let b = 0; b < 20; b++) put({ read: a, at: b })
for (let a = 0; a < 200; a++) put(a)
put(true); put(false); put(null)
