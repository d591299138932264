import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Situations of etcd-io/raft's 28 interaction tests (testdata, Apache-2.0), retold as data: what is done to a group, and what was seen of it there.
 * One JSON file each, named as theirs. Members are named from 1 on.
 */
export type Act =
  /** Members come to be, with a log that begins after `index` (term 1); without voters: new, empty ones. */
  | {
      readonly do: 'begin'
      readonly nodes: readonly number[]
      readonly voters?: readonly number[]
      readonly learners?: readonly number[]
      readonly index: number
      readonly preVote?: true
      readonly checkQuorum?: true
      readonly leaseReads?: true
      /** Its disk writes only when told. */
      readonly ownDiskTime?: true
      readonly stepsDown?: true
      readonly noValidation?: true
      /** Append requests to one follower that may be unanswered. */
      readonly inflight?: number
      readonly onePerPage?: true
    }
  /** `patience`: the longest election timeout passes; `deposed`: it steps down, having heard no majority. */
  | { readonly do: 'campaign' | 'beat' | 'forget' | 'patience' | 'deposed'; readonly at: number }
  | { readonly do: 'propose'; readonly at: number; readonly data: string }
  | {
      readonly do: 'change'
      readonly at: number
      readonly changes: readonly (readonly ['voter' | 'learner' | 'remove', number])[]
      readonly through: 'auto' | 'joint' | 'joint-until-told'
    }
  /** All that these have to do is done and all messages among them are delivered, until nothing is left; of all, when none is named. */
  | { readonly do: 'settle'; readonly among: readonly number[] }
  /** One round of what they have to do; `store`: of what their disks have to write. */
  | { readonly do: 'work' | 'store' | 'apply'; readonly at: readonly number[] }
  | { readonly do: 'deliver'; readonly to: readonly number[]; readonly lose?: readonly number[]; readonly only?: 'append' }
  | { readonly do: 'transfer' | 'snapshot'; readonly at: number; readonly to: number }
  | { readonly do: 'unreachable'; readonly at: number; readonly member: number }
  | { readonly do: 'compact'; readonly at: number; readonly index: number }
  | {
      readonly do: 'look'
      /** Role, whether it votes, term, leader (0: none). */
      readonly states?: Readonly<Record<string, readonly [string, boolean, number, number]>>
      readonly at?: number
      /** Mode and matched index. */
      readonly progress?: Readonly<Record<string, readonly [string, number]>>
      readonly log?: readonly string[]
    }

export interface Expected {
  /** The set of messages: `1>2 entry 4/1` (index and term), `2>1 holds 4`, `2>1 refuses 3`, `1>2 vote? 1 2/1` (term, last entry), `2>1 vote yes 1`, … */
  readonly says?: readonly string[]
  /** Term, vote (0: none) and commit index. */
  readonly hard?: Readonly<Record<string, readonly [number, number, number]>>
  /** What went into logs, and what was applied: `4/1 data`. */
  readonly appends?: Readonly<Record<string, readonly string[]>>
  readonly applies?: Readonly<Record<string, readonly string[]>>
}

export type Step = Act & { readonly expect?: Expected }

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'situations')

export const situations: readonly { readonly name: string; readonly steps: readonly Step[] }[] = readdirSync(folder)
  .sort()
  .map((file) => ({ name: path.basename(file, '.json'), steps: JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Step[] }))
