/** A store in a process of its own: `write`, until it is killed, or `memory`, which prints how many bytes it takes. */
import { fill, keyOf, keys, scattered, stores, valueFor } from './kv-stores.js'

const [what, name, folder] = process.argv.slice(2) as [string, string, string]
const openStore = stores[name]
if (openStore === undefined) throw new Error(`there is no store '${name}'`)

const used = () => {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

const before = used()
const store = await openStore(folder)
await fill(store)
if (what === 'memory') {
  for (let i = 0; i < keys; i++) await store.read(keyOf(scattered(i)))
  process.stdout.write(`${used() - before}\n`)
  await store.close()
} else {
  for (let batch = 0; ; batch++) {
    await store.write(Array.from({ length: 1_000 }, (_, i) => [keyOf(scattered(batch * 1_000 + i)), valueFor(batch)]))
    if (batch >= 10) process.stdout.write('written\n')
  }
}
