/**
 * `seedfall/raft`: Raft as a `Machine`, to be simulated and model-checked as it is, and as a process on a host that carries the machine's effects out.
 */
export { raftMachine } from './core.js'
export * from './errors.js'
export type * from './messages.js'
export { checkRaftOptions, defaultRaftOptions, type RaftOptions } from './options.js'
export type { RaftGroup } from './raft-group.js'
export { type Leadership, RaftNode } from './raft-node.js'
export { defaultRaftNodeOptions, type RaftNodeOptions, raftNodeOptions } from './raft-node-options.js'
export { RaftStore, type RaftStoreOptions } from './raft-store.js'
export { durableSnapshot, type MemoryState, SnapshotFile } from './snapshot-file.js'
export type { RaftEffect, RaftMachine, RaftState } from './state.js'
export type { StateMachine } from './state-machine.js'
export { SharedLogReader, WalReader } from './wal-reader.js'
export { CorruptLog } from './wal-recovery.js'
