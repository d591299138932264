/** Counts an object up by compare-and-swap, and prints a line for each time that it did: `counting-process.ts DIRECTORY TIMES`. */
import { ObjectStoreError } from '../../../sim/host/errors.js'
import { DirectoryObjectStore } from '../../../sim/real/directory-object-store.js'

const [directory = '', times = '0'] = process.argv.slice(2)
const store = new DirectoryObjectStore({ directory })
for (let done = 0; done < Number(times); ) {
  const found = await store.get('count')
  const next = new TextEncoder().encode(String(Number(new TextDecoder().decode(found?.body)) + 1))
  try {
    await store.put('count', next, { ifMatch: found?.etag ?? '' })
    done++
    process.stdout.write('counted\n')
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.code !== 'precondition-failed') throw error
  }
}
