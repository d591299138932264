/** What clients of a register asked and were answered, as far as it can be known: the part of a state by which it is judged. */
export interface History {
  readonly clients: ClientHistory[]
  /** A client was answered what it had not asked, or asked twice at once. */
  isBroken: boolean
}

interface ClientHistory {
  readonly client: number
  readonly done: DoneOperation[]
  open: OpenOperation | null
}

export type RegisterOperation = { readonly kind: 'write'; readonly value: string } | { readonly kind: 'read' }

interface OpenOperation {
  readonly operation: RegisterOperation
  /** How many operations of each other client were over when it began, of those that had any: they come before it. */
  readonly after: readonly (readonly [client: number, count: number])[]
}

interface DoneOperation extends OpenOperation {
  /** Of a read. */
  readonly result?: string | null
}

export const historyOf = (clients: ClientHistory[]): History => ({ clients, isBroken: false })

function clientOf({ clients }: History, client: number): ClientHistory {
  const found = clients.find((one) => one.client === client)
  if (found !== undefined) return found
  const own: ClientHistory = { client, done: [], open: null }
  clients.push(own)
  clients.sort((a, b) => a.client - b.client)
  return own
}

export function noteInvocation(history: History, client: number, operation: RegisterOperation): void {
  if (history.isBroken) return
  const after = history.clients.filter((one) => one.client !== client && one.done.length > 0).map(({ client, done }) => [client, done.length] as const)
  const own = clientOf(history, client)
  if (own.open !== null) history.isBroken = true
  else own.open = { operation, after }
}

export function noteReturn(history: History, client: number, result: string | null | undefined): void {
  if (history.isBroken) return
  const own = clientOf(history, client)
  if (own.open === null) {
    history.isBroken = true
    return
  }
  own.done.push({ ...own.open, ...(result === undefined ? {} : { result }) })
  own.open = null
}

/** Whether there is an order of all that was answered, and of some of what was not, in which a register would have answered so (Wing and Gong, 1993). */
export function isLinearizable({ clients, isBroken }: History): boolean {
  return (
    !isBroken &&
    search(
      clients,
      clients.map(() => 0),
      null,
    )
  )
}

/** `taken`: how many operations of each client are in order so far; `value`: what the register holds. */
function search(clients: readonly ClientHistory[], taken: readonly number[], value: string | null): boolean {
  if (clients.every(({ done }, i) => (taken[i] as number) >= done.length)) return true
  for (const [i, { done, open }] of clients.entries()) {
    const place = taken[i] as number
    const next: DoneOperation | null | undefined = place < done.length ? done[place] : place === done.length ? open : null
    if (next === null || next === undefined) continue
    const isEarly = next.after.some(([client, count]) => (taken[clients.findIndex((one) => one.client === client)] as number) < count)
    if (isEarly) continue
    if (next.operation.kind === 'read' && place < done.length && next.result !== value) continue
    const after = next.operation.kind === 'write' ? next.operation.value : value
    const more = taken.slice()
    more[i] = place + 1
    if (search(clients, more, after)) return true
  }
  return false
}
