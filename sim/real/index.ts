/** The Host seam over the machine: for running a system for real, and for proving that the simulation does not lie. */
export { DataDirectoryInUse } from './data-directory.js'
export { DirectoryObjectStore, type DirectoryObjectStoreOptions } from './directory-object-store.js'
export type { LogLevel, LogLine } from './json-log.js'
export { type PeerAddress, parseAddress, printAddress } from './peer-address.js'
export { ProcessCrashed, RealHost, type RealHostOptions } from './real-host.js'
export { type Codec, deflateCodec, zstdCodec } from './value-codecs.js'
