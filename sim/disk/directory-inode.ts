import type { FileInode } from './file-inode.js'
import type { PendingName } from './power-loss.js'

export type Inode = FileInode | DirectoryInode

/** A directory: the names that processes see, and those that are durable. */
export class DirectoryInode {
  readonly kind = 'directory'
  readonly entries = new Map<string, Inode>()
  readonly durable = new Map<string, Inode>()
}

export function walk(root: DirectoryInode, names: 'entries' | 'durable', parts: readonly string[]): Inode | undefined {
  let inode: Inode | undefined = root
  for (const part of parts) inode = inode?.kind === 'directory' ? inode[names].get(part) : undefined
  return inode
}

/** A change of names that is not durable yet. */
export interface NameChange extends PendingName {
  readonly sequence: number
  readonly directory: DirectoryInode
  readonly name: string
  /** What the name stands for afterwards; a removal and a rename leave nothing. */
  readonly inode: Inode | null
  /** The second half of a rename. */
  readonly target: { readonly directory: DirectoryInode; readonly name: string; readonly inode: Inode } | null
  /** Moves or removes a directory, or moves a name between directories: reaches the device only after every earlier change of names. */
  readonly barrier: boolean
}

export function makeDurable(change: NameChange): void {
  setEntry(change.directory.durable, change.name, change.inode)
  if (change.target !== null) setEntry(change.target.directory.durable, change.target.name, change.target.inode)
}

export function setEntry(entries: Map<string, Inode>, name: string, inode: Inode | null): void {
  if (inode === null) entries.delete(name)
  else entries.set(name, inode)
}

/** Those of `changes` that a sync of `directory` makes durable: its own up to `through`, and what has to precede them. */
export function changesToCommit(changes: readonly NameChange[], directory: DirectoryInode, through: number): Set<NameChange> {
  const commit = new Set<NameChange>()
  for (let i = changes.length - 1, all = false; i >= 0; i--) {
    const change = changes[i] as NameChange
    if (!all && (change.sequence > through || !touches(change, directory))) continue
    commit.add(change)
    if (change.barrier) all = true
  }
  return commit
}

function touches(change: NameChange, directory: DirectoryInode): boolean {
  return change.directory === directory || change.target?.directory === directory
}

/** Which of the changes a power loss leaves: `survives` is asked only for changes that build on none that is lost. */
export function survivingChanges(changes: readonly NameChange[], survives: (change: NameChange) => boolean): NameChange[] {
  const surviving: NameChange[] = []
  const lost = new Map<DirectoryInode, Set<string>>()
  for (const change of changes) {
    const { directory, name, target } = change
    const impossible =
      (change.barrier && lost.size > 0) || lost.get(directory)?.has(name) === true || (target !== null && lost.get(target.directory)?.has(target.name) === true)
    if (!impossible && survives(change)) {
      surviving.push(change)
      continue
    }
    markLost(lost, directory, name)
    if (target !== null) markLost(lost, target.directory, target.name)
  }
  return surviving
}

function markLost(lost: Map<DirectoryInode, Set<string>>, directory: DirectoryInode, name: string): void {
  const names = lost.get(directory)
  if (names === undefined) lost.set(directory, new Set([name]))
  else names.add(name)
}
