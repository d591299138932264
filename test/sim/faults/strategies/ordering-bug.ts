import { type Host, invariant, ms, protocol, s, scenario, system, us, workload } from '../../../../sim/index.js'

/** In the order in which they write in every round, 2 ms apart. */
const writers = ['order', 'change', 'cancel'] as const
type Writer = (typeof writers)[number]

const Post = protocol<{ post: { req: { round: number; writer: Writer }; res: null } }>('post', { transport: 'datagram' })

/** The three moments that matter (one round of each is enough), and who must come last at each for the books to go wrong. */
const moments: readonly { readonly rounds: readonly number[]; readonly last: Writer }[] = [
  { rounds: [6, 7, 8, 9, 10], last: 'order' },
  { rounds: [16, 17, 18, 19, 20], last: 'change' },
  { rounds: [26, 27, 28, 29, 30], last: 'order' },
]

/** Keeps, of every round, who wrote last. */
export class Keeper {
  readonly #posts = new Map<number, Writer[]>()
  areBooksWrong = false
  static boot(host: Host): Keeper {
    const keeper = new Keeper()
    host.net.serve(Post, {
      post: ({ round, writer }) => {
        keeper.#keep(round, writer)
        return null
      },
    })
    return keeper
  }

  #keep(round: number, writer: Writer): void {
    const posts = this.#posts.get(round) ?? []
    posts.push(writer)
    this.#posts.set(round, posts)
    this.areBooksWrong = moments.every(({ rounds, last }) => rounds.some((each) => this.#lastOf(each) === last))
  }

  #lastOf(round: number): Writer | undefined {
    const posts = this.#posts.get(round)
    return posts?.length === writers.length ? posts.at(-1) : undefined
  }
}

function boot(host: Host): null {
  const writer = host.role as Writer
  for (let round = 1; round <= 40; round++) {
    const [keeper] = host.peers.keeper as [string]
    host.clock.timer(ms(250) * round + us(2_000) * writers.indexOf(writer), () => host.net.send(Post, keeper, 'post', { round, writer }))
  }
  return null
}

const books = system({
  name: 'books',
  roles: {
    order: { count: 1, boot },
    change: { count: 1, boot },
    cancel: { count: 1, boot },
    keeper: { count: 1, boot: Keeper.boot },
  },
  survives: {},
})

/**
 * A planted ordering bug of depth 3: three writers write to a keeper, one after the other in every round, and the books go wrong only when the first
 * comes last at the opening, the second at the audit, and the first again at the closing. Each alone does no harm; nor do all three in other rounds.
 */
export const orderingBug = scenario({
  name: 'ordering-bug',
  system: books,
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [invariant<typeof books>('the books are right', () => (world) => (world.hosts.keeper[0]?.process?.areBooksWrong ? 'they are wrong' : undefined))],
  faults: { strategy: 'random', kinds: ['net.delay', 'net.drop', 'net.duplicate', 'net.reorder', 'net.clog', 'net.partition', 'net.flap'] },
  duration: s(11),
  healAt: s(11),
})
