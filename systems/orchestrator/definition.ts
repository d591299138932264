/** What of a host a VM takes. */
export interface Resources {
  readonly vcpus: number
  readonly memoryMib: number
  readonly diskMib: number
}

export type HypervisorKind = 'cloud-hypervisor' | 'firecracker' | 'qemu'

export interface Volume {
  readonly name: string
  readonly sizeMib: number
  readonly mountPoint: string
}

/** A directory of the host that the guest sees by virtiofs. */
export interface Share {
  readonly tag: string
  readonly source: string
  readonly mountPoint: string
}

/** Who may be beside it. `hard`: never otherwise; `soft`: rather. Members of a group are of one tenant. */
export interface AffinityRule {
  readonly group: string
  readonly kind: 'together' | 'apart'
  readonly strength: 'hard' | 'soft'
}

/** What may reach the guest. Without rules nothing may. */
export interface SecurityRule {
  /** The segment's own guests, or anybody by the gateway. */
  readonly from: 'segment' | 'anywhere'
  readonly port: number
}

/** A virtual machine as its owner declares it. */
export interface VmDefinition {
  readonly hypervisor: HypervisorKind
  readonly vcpus: number
  readonly memoryMib: number
  readonly volumes: readonly Volume[]
  readonly shares: readonly Share[]
  /** A kernel package's attribute, such as `linuxPackages_6_6.kernel`; the release's own when not given. */
  readonly kernel?: string
  /** How the guest sees the Nix store: the host's by virtiofs, or an image of its own. */
  readonly store: 'share' | 'image'
  /** What it needs of its host: `gpu`, `sev`. */
  readonly features: readonly string[]
  /** Taints of hosts that it does not mind. */
  readonly tolerates: readonly string[]
  readonly affinity: readonly AffinityRule[]
  /** Where it should be: a zone's name. */
  readonly zone?: string
  readonly placement: 'spread' | 'pack'
  /** Higher ones are started first, and may take the place of lower ones. 0 to 100. */
  readonly priority: number
  readonly security: readonly SecurityRule[]
  /** What a local process runs in place of the VM, where the host's executor runs processes. */
  readonly command?: readonly string[]
}

/** Where guests answer. */
export const servicePort = 8_080

export const definitionDefaults: VmDefinition = {
  hypervisor: 'cloud-hypervisor',
  vcpus: 1,
  memoryMib: 512,
  volumes: [{ name: 'data', sizeMib: 1_024, mountPoint: '/var/lib' }],
  shares: [],
  store: 'share',
  features: [],
  tolerates: [],
  affinity: [],
  placement: 'spread',
  priority: 50,
  security: [{ from: 'anywhere', port: servicePort }],
}

export function resourcesOf({ vcpus, memoryMib, volumes }: VmDefinition): Resources {
  let diskMib = 0
  for (const { sizeMib } of volumes) diskMib += sizeMib
  return { vcpus, memoryMib, diskMib }
}

/** What is wrong with a definition from outside, in a line that names the field; null: nothing. */
export function definitionFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a definition is an object'
  const definition = value as Record<string, unknown>
  for (const field of Object.keys(definition)) if (!knownFields.has(field)) return `definition.${field}: there is no such field`
  for (const { field, holds, must } of fieldRules) {
    const given = definition[field]
    if (given === undefined && optionalFields.has(field)) continue
    if (!holds(given)) return `definition.${field} must be ${must}, not ${JSON.stringify(given)}`
  }
  return null
}

/** Fills in what is not given. Check with `definitionFault` afterwards. */
export function completeDefinition(given: unknown): unknown {
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...definitionDefaults, ...given } : given
}

interface FieldRule {
  readonly field: keyof VmDefinition
  readonly must: string
  holds(value: unknown): boolean
}

const isWhole = (least: number, most: number) => (value: unknown) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
const isName = (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)
const isPath = (value: unknown): boolean => typeof value === 'string' && /^\/[\w./-]*$/.test(value)
const isListOf = (holds: (item: Record<string, unknown>) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && holds(item as Record<string, unknown>))
const isListOfNames = (value: unknown): boolean => Array.isArray(value) && value.every(isName)
const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown) =>
    words.includes(value as string)
const areUnlike = (items: unknown, key: string): boolean => {
  const names = (items as Record<string, unknown>[]).map((item) => item[key])
  return new Set(names).size === names.length
}

const fieldRules: readonly FieldRule[] = [
  { field: 'hypervisor', must: 'cloud-hypervisor, firecracker or qemu', holds: isOneOf('cloud-hypervisor', 'firecracker', 'qemu') },
  { field: 'vcpus', must: 'a whole number from 1 to 256', holds: isWhole(1, 256) },
  { field: 'memoryMib', must: 'a whole number of mebibytes from 64 to 1,048,576', holds: isWhole(64, 1 << 20) },
  {
    field: 'volumes',
    must: 'a list of { name, sizeMib, mountPoint } with names of their own',
    holds: (value) =>
      isListOf(({ name, sizeMib, mountPoint }) => isName(name) && isWhole(1, 1 << 24)(sizeMib) && isPath(mountPoint))(value) && areUnlike(value, 'name'),
  },
  {
    field: 'shares',
    must: 'a list of { tag, source, mountPoint } with tags of their own',
    holds: (value) => isListOf(({ tag, source, mountPoint }) => isName(tag) && isPath(source) && isPath(mountPoint))(value) && areUnlike(value, 'tag'),
  },
  { field: 'kernel', must: 'an attribute path', holds: (value) => typeof value === 'string' && /^[A-Za-z_][\w'-]*(\.[A-Za-z_][\w'-]*)*$/.test(value) },
  { field: 'store', must: 'share or image', holds: isOneOf('share', 'image') },
  { field: 'features', must: 'a list of names', holds: isListOfNames },
  { field: 'tolerates', must: 'a list of names', holds: isListOfNames },
  {
    field: 'affinity',
    must: "a list of { group, kind: 'together' or 'apart', strength: 'hard' or 'soft' }",
    holds: isListOf(({ group, kind, strength }) => isName(group) && isOneOf('together', 'apart')(kind) && isOneOf('hard', 'soft')(strength)),
  },
  { field: 'zone', must: 'a name', holds: isName },
  { field: 'placement', must: 'spread or pack', holds: isOneOf('spread', 'pack') },
  { field: 'priority', must: 'a whole number from 0 to 100', holds: isWhole(0, 100) },
  {
    field: 'security',
    must: "a list of { from: 'segment' or 'anywhere', port }",
    holds: isListOf(({ from, port }) => isOneOf('segment', 'anywhere')(from) && isWhole(1, 65_535)(port)),
  },
  { field: 'command', must: 'a list of words', holds: (value) => Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string') },
]
const optionalFields: ReadonlySet<string> = new Set(['kernel', 'zone', 'command'])
const knownFields: ReadonlySet<string> = new Set(fieldRules.map(({ field }) => field))
