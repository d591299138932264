import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Campaign, type CampaignItem, type CampaignPlan } from '../../../../sim/run/campaign/campaign.js'
import { type CampaignFile, type CampaignRequest, campaignJson } from '../../../../sim/run/campaign/campaign-file.js'
import { journalLine, parseJournal } from '../../../../sim/run/campaign/journal.js'
import { mergeCampaigns } from '../../../../sim/run/campaign/merge-campaigns.js'
import { parseCampaign } from '../../../../sim/run/campaign/parse-campaign.js'
import { ScenarioTotals } from '../../../../sim/run/campaign/scenario-totals.js'
import { resultOf } from './results.js'

const plan = (more: Partial<CampaignPlan> = {}): CampaignPlan => ({
  scenarios: 2,
  firstSeed: 100,
  seeds: 20,
  isFailFast: false,
  keepsTraceHashes: true,
  ...more,
})

/** Runs a campaign with as many seeds in flight as `jobs`, ended in the order that `picks` draws. */
function play(campaign: Campaign, jobs: number, picks: (below: number) => number, isFailing: (item: CampaignItem) => boolean): CampaignItem[] {
  const flying: CampaignItem[] = []
  const ran: CampaignItem[] = []
  while (!campaign.isDone) {
    while (flying.length < jobs) {
      const item = campaign.take()
      if (item === null) break
      flying.push(item)
    }
    if (flying.length === 0) break
    const [item] = flying.splice(picks(flying.length), 1) as [CampaignItem]
    ran.push(item)
    campaign.finished({ item, result: resultOf(item.scenario, item.seed, isFailing(item)) })
  }
  return ran
}

const inOrder = () => 0
const totalsOf = (campaign: Campaign) => JSON.stringify(campaign.totals)
const schedule = fc.record({ jobs: fc.integer({ min: 1, max: 6 }), dice: fc.infiniteStream(fc.nat(1_000)) })
const picker = (dice: Iterator<number>) => (below: number) => (dice.next().value as number) % below
const failing = fc.uniqueArray(fc.nat(39), { maxLength: 6 })

describe('A campaign', () => {
  test('comes to the same totals whatever the number of workers and the order in which seeds end', () => {
    fc.assert(
      fc.property(schedule, failing, fc.boolean(), ({ jobs, dice }, positions, isFailFast) => {
        const isFailing = ({ position }: CampaignItem) => positions.includes(position)
        const [alone, many] = [new Campaign(plan({ isFailFast })), new Campaign(plan({ isFailFast }))]
        play(alone, 1, inOrder, isFailing)
        play(many, jobs, picker(dice), isFailing)
        expect(totalsOf(many)).toBe(totalsOf(alone))
        expect(many.isComplete).toBe(true)
      }),
    )
  })

  test('runs the seeds of every scenario once, in turns', () => {
    const ran = play(new Campaign(plan({ seeds: 2 })), 1, inOrder, () => false)
    expect(ran.map(({ scenario, seed }) => [scenario, seed])).toEqual([
      [0, 100],
      [1, 100],
      [0, 101],
      [1, 101],
    ])
  })

  test('that ends at the first failure counts that of the lowest seed and what is before it', () => {
    const campaign = new Campaign(plan({ scenarios: 1, isFailFast: true }))
    const items = Array.from({ length: 6 }, () => campaign.take()!)
    const ends = (at: number, isFailing: boolean) => campaign.finished({ item: items[at]!, result: resultOf(0, items[at]!.seed, isFailing) })
    ends(5, true)
    ends(3, true)
    expect([campaign.take()?.position, campaign.totals[0]!.runs]).toEqual([6, 0])
    ends(1, false)
    ends(0, false)
    ends(2, false)
    expect(campaign.take()).toBe(null)
    expect(campaign.totals[0]!.ranges.toJSON()).toEqual([[100, 103]])
    expect(campaign.totals[0]!.failures.list().map(({ kept }) => kept.seed)).toEqual([103])
  })

  test('hands seeds out again that a worker took with it', () => {
    const campaign = new Campaign(plan({ scenarios: 1, seeds: 3 }))
    const [first, second] = [campaign.take()!, campaign.take()!]
    campaign.returned([second])
    expect(campaign.take()).toEqual(second)
    campaign.finished({ item: first, result: resultOf(0, 100, false) })
    expect(campaign.isDone).toBe(false)
  })

  test('runs one seed even if its time is over before it', () => {
    const campaign = new Campaign(plan({ seeds: null }), { isOver: () => true })
    expect(play(campaign, 2, inOrder, () => false)).toHaveLength(1)
    expect(campaign.isComplete).toBe(true)
  })

  test('that is stopped hands out nothing more, and is not complete', () => {
    const campaign = new Campaign(plan())
    campaign.take()
    campaign.stop()
    expect([campaign.take(), campaign.isDone, campaign.isComplete]).toEqual([null, true, false])
  })

  test('keeps the replay of a first failure and of each shorter one', () => {
    const kept: number[] = []
    const campaign = new Campaign(plan({ scenarios: 1, seeds: 3 }), {
      keep: ({ item }) => {
        kept.push(item.seed)
        return `${item.seed}.json`
      },
    })
    for (const [seed, steps] of [
      [100, 30],
      [101, 40],
      [102, 20],
    ] as const)
      campaign.finished({ item: campaign.take()!, result: { ...resultOf(0, seed, true, 'one'), steps } })
    expect(kept).toEqual([100, 102])
    expect(campaign.totals[0]!.failures.list()).toMatchObject([{ count: 3, seeds: [100, 101, 102], kept: { seed: 102, steps: 20, replay: '102.json' } }])
  })

  test('keeps nothing of seeds that passed: its totals are as large after 10,000 as after 1,000', () => {
    const length = (seeds: number) => {
      const campaign = new Campaign(plan({ scenarios: 1, seeds, keepsTraceHashes: false }))
      play(campaign, 1, inOrder, () => false)
      return totalsOf(campaign).length
    }
    expect(length(10_000) - length(1_000)).toBeLessThan(1_000)
  })
})

const asked: CampaignRequest = {
  scenarios: ['one', 'two'].map((scenario) => ({ scenario, durationNanos: 1e9, mustMeet: ['a later leader is elected'], neverArmed: [] })),
  firstSeed: 100,
  seeds: 20,
  seconds: null,
  shard: null,
  isFailFast: false,
  requiresSometimes: false,
  requiresActed: false,
  keepsTraceHashes: true,
}
const fileOf = (campaign: Campaign, more: Partial<CampaignRequest> = {}): CampaignFile => ({
  asked: { ...asked, ...more },
  isComplete: campaign.isComplete,
  totals: campaign.totals,
})
const text = (file: CampaignFile) => JSON.stringify(campaignJson(file))

describe('The file of a campaign', () => {
  test('reads back as it was', () => {
    fc.assert(
      fc.property(failing, (positions) => {
        const campaign = new Campaign(plan())
        play(campaign, 1, inOrder, ({ position }) => positions.includes(position))
        const written = text(fileOf(campaign))
        expect(text(parseCampaign(written))).toBe(written)
      }),
    )
  })

  test('of all shards, merged in any order, is that of the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), failing, fc.infiniteStream(fc.nat(1_000)), (of, failingSeeds, dice) => {
        const isFailing = ({ seed }: CampaignItem) => failingSeeds.includes(seed - 100)
        const whole = new Campaign(plan())
        play(whole, 1, inOrder, isFailing)
        const shards: CampaignFile[] = []
        for (let index = 1; index <= of; index++) {
          const from = Math.floor((20 * (index - 1)) / of)
          const part = new Campaign(plan({ firstSeed: 100 + from, seeds: Math.floor((20 * index) / of) - from }))
          play(part, 1, inOrder, isFailing)
          shards.splice((dice.next().value as number) % (shards.length + 1), 0, parseCampaign(text(fileOf(part, { shard: { index, of } }))))
        }
        expect(text(mergeCampaigns(shards))).toBe(text(fileOf(whole)))
      }),
    )
  })

  test('is not merged with one that has a seed in common, or ran something else', () => {
    const campaign = new Campaign(plan({ seeds: 2 }))
    play(campaign, 1, inOrder, () => false)
    expect(() => mergeCampaigns([fileOf(campaign), fileOf(campaign)])).toThrow('overlap: one, seed 100 is counted twice')
    const [first, second] = asked.scenarios as [(typeof asked.scenarios)[0], (typeof asked.scenarios)[0]]
    expect(() => mergeCampaigns([fileOf(campaign), fileOf(campaign, { scenarios: [first, { ...second, kinds: ['net.drop'] }] })])).toThrow(
      `are of different runs: ${second.scenario} has kinds ${JSON.stringify(second.kinds) ?? 'none'} in one and ["net.drop"] in another; they must be the same`,
    )
    const beside = new Campaign(plan({ seeds: 2, firstSeed: 500 }))
    play(beside, 1, inOrder, () => false)
    const from = (file: string) => ({ scenarios: [{ ...first, file }, second] })
    expect(() => mergeCampaigns([fileOf(campaign, from('one.scenario.ts')), fileOf(beside, from('tests/one.scenario.ts'))])).not.toThrow()
    expect(() => mergeCampaigns([fileOf(campaign, from('one.scenario.ts')), fileOf(beside, from('other.scenario.ts'))])).toThrow(
      'one has file "one.scenario.ts" in one and "other.scenario.ts" in another',
    )
  })

  test('is not complete while a shard is missing', () => {
    const campaign = new Campaign(plan({ seeds: 10 }))
    play(campaign, 1, inOrder, () => false)
    expect(mergeCampaigns([fileOf(campaign, { shard: { index: 1, of: 2 } })]).isComplete).toBe(false)
  })

  test('that is none is refused with what is wrong', () => {
    expect(() => parseCampaign('{"a": 1')).toThrow('is not JSON')
    expect(() => parseCampaign('{"format": "seedfall-replay", "version": 1}')).toThrow('is not the result of a campaign')
    expect(() => parseCampaign('{"format": "seedfall-campaign", "version": 7}')).toThrow('has format 7, and this Seedfall reads format 1')
    expect(() => parseCampaign('{"format": "seedfall-campaign", "version": 1, "asked": {}}')).toThrow("is broken at 'asked.")
  })
})

describe('A journal', () => {
  const entries = [0, 1, 2].map((i) => ({ scenario: i % 2, seed: 100 + i, result: resultOf(i % 2, 100 + i, i === 1) }))
  const lines = entries.map(journalLine).join('')

  test('gives back every whole line, whatever is cut off at its end', () => {
    fc.assert(
      fc.property(fc.nat(lines.length), (length) => {
        const cut = lines.slice(0, length)
        expect(parseJournal(cut)).toEqual(entries.slice(0, cut.split('\n').length - 1))
      }),
    )
  })

  test('that is broken in its middle says where', () => {
    expect(() => parseJournal(`${journalLine(entries[0]!)}{"seed":\n${journalLine(entries[1]!)}`)).toThrow('is broken in line 2')
  })

  test('carries on where it ended: the totals are those of a campaign that was never interrupted', () => {
    fc.assert(
      fc.property(schedule, failing, fc.boolean(), fc.nat(40), ({ jobs, dice }, positions, isFailFast, killedAfter) => {
        const isFailing = ({ position }: CampaignItem) => positions.includes(position)
        const whole = new Campaign(plan({ isFailFast }))
        play(whole, 1, inOrder, isFailing)
        const ran = play(new Campaign(plan({ isFailFast })), jobs, picker(dice), isFailing).slice(0, killedAfter)
        const resumed = new Campaign(plan({ isFailFast }))
        for (const item of ran) resumed.resumed({ item, result: resultOf(item.scenario, item.seed, isFailing(item)) })
        play(resumed, jobs, picker(dice), isFailing)
        expect(totalsOf(resumed)).toBe(totalsOf(whole))
      }),
    )
  })

  test('is cut at a snapshot of the totals, and what is in both counts once', () => {
    const totals = new ScenarioTotals()
    totals.add(100, resultOf(0, 100, false))
    const campaign = new Campaign(plan({ scenarios: 1, seeds: 3, keepsTraceHashes: false }), {}, [totals])
    campaign.resumed({ item: campaign.itemAt(0), result: resultOf(0, 100, false) })
    campaign.resumed({ item: campaign.itemAt(1), result: resultOf(0, 101, false) })
    expect(play(campaign, 1, inOrder, () => false).map(({ seed }) => seed)).toEqual([102])
    expect(campaign.totals[0]!.runs).toBe(3)
  })
})
