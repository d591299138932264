/** Whose a partition is: an object that holds the number of the current term, which only rises. Whoever takes a partition over makes a term of its own. */
import type { Host } from '../../sim/host/seam.js'
import { CorruptManifest, NotWritten } from './errors.js'
import type { ObjectRequests } from './object-requests.js'

interface CurrentTerm {
  readonly term: number
  readonly owner: string
  /** Makes two claims of one owner different. */
  readonly claim: number
}

/** Times that another owner may be faster. */
const mostRaces = 20

/** Begins a new term; answers its number. */
export async function claimTerm(host: Host, requests: ObjectRequests, key: string, owner: string): Promise<number> {
  for (let race = 0; race < mostRaces; race++) {
    const found = await requests.get(key)
    const before = found === null ? 0 : termIn(found.body, key)
    const next: CurrentTerm = { term: before + 1, owner, claim: host.random.u32() }
    if (await requests.swap(key, new TextEncoder().encode(JSON.stringify(next)), found?.etag ?? null)) return next.term
  }
  throw new NotWritten(`${key}: others were faster ${mostRaces} times`)
}

/** The number of the current term; 0: none has begun. Rejects with `FailedRead`. */
export async function currentTerm(requests: ObjectRequests, key: string): Promise<number> {
  const found = await requests.get(key)
  return found === null ? 0 : termIn(found.body, key)
}

function termIn(body: Uint8Array, key: string): number {
  try {
    const { term } = JSON.parse(new TextDecoder().decode(body)) as Partial<CurrentTerm>
    if (Number.isSafeInteger(term) && (term as number) > 0) return term as number
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new CorruptManifest(key, 0, 'the current term', JSON.stringify(new TextDecoder().decode(body.subarray(0, 40))))
}
