import { execFileSync, spawnSync } from 'node:child_process'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { definitionDefaults, definitionFault, type VmDefinition } from '../../../systems/orchestrator/definition.js'
import type { GuestSpec } from '../../../systems/orchestrator/hypervisor/hypervisor.js'
import { addressOf } from '../../../systems/orchestrator/network/addresses.js'
import { flakeOf } from '../../../systems/orchestrator/nix/flake.js'
import { nixString } from '../../../systems/orchestrator/nix/nix-text.js'
import { unitsOf } from '../../../systems/orchestrator/nix/systemd.js'

const identity = { machineId: '0123456789abcdef0123456789abcdef', randomSeed: 7, generationId: 'fedcba9876543210fedcba9876543210' }
const spec = (definition: Partial<VmDefinition> = {}, address: GuestSpec['address'] = addressOf(3, 0, 17)): GuestSpec => ({
  vm: 'vm-17',
  generation: 4,
  boots: 1,
  snapshotOf: null,
  definition: { ...definitionDefaults, ...definition },
  address,
  identity,
})
const large = spec({
  hypervisor: 'qemu',
  vcpus: 8,
  memoryMib: 16_384,
  kernel: 'linuxPackages_6_6.kernel',
  store: 'image',
  volumes: [
    { name: 'data', sizeMib: 10_240, mountPoint: '/var/lib' },
    { name: 'log', sizeMib: 512, mountPoint: '/var/log' },
  ],
  shares: [{ tag: 'secrets', source: '/run/secrets/vm-17', mountPoint: '/run/secrets' }],
})

const golden = (name: string) => path.join(import.meta.dirname, 'golden', name)
const hasNix = spawnSync('nix-instantiate', ['--version']).status === 0

describe('The flake of a VM', () => {
  test('is this text, and no other, for a small definition', () => expect(flakeOf(spec())).toMatchFileSnapshot(golden('small.flake.nix')))
  test('and this for a large one', () => expect(flakeOf(large)).toMatchFileSnapshot(golden('large.flake.nix')))
  test('has no interface while the VM waits warm', () => expect(flakeOf(spec({}, null))).toContain('interfaces = [ ];'))
  test('does not hold the seed of the random number generator', () => {
    expect(flakeOf({ ...spec(), identity: { ...identity, randomSeed: 987_654_321 } })).not.toContain('987654321')
  })

  test.runIf(hasNix)(`is accepted by the Nix parser${hasNix ? '' : ' (skipped: there is no nix-instantiate here; Debian has it in nix-bin)'}`, () => {
    for (const one of [spec(), large, spec({}, null)]) expect(parse(flakeOf(one))).toContain('nixosConfigurations')
  })

  test.runIf(hasNix)(`gives any text to Nix as it is${hasNix ? '' : ' (skipped: there is no nix-instantiate here; Debian has it in nix-bin)'}`, () => {
    // Nix strings have no NUL; the parser is asked once, for all of them.
    const texts = fc.sample(fc.string({ unit: 'grapheme' }), { numRuns: 200, seed: 1 }).concat([`$\{x}`, `$$\{x}`, '"', '\\', '\\n', "''", '$', `$\{`])
    const sent = texts.filter((text) => !text.includes('\0'))
    const nix = `builtins.toJSON [ ${sent.map(nixString).join(' ')} ]`
    const printed = execFileSync('nix-instantiate', ['--eval', '--strict', '--json', '-E', nix], { encoding: 'utf8' })
    expect(JSON.parse(JSON.parse(printed) as string)).toEqual(sent)
  })
})

const parse = (nix: string): string => execFileSync('nix-instantiate', ['--parse', '-E', nix], { encoding: 'utf8' })

describe('The units of a VM', () => {
  test('are these, the start of the VM gated by who owns it', () => {
    const text = unitsOf(spec(), '/usr/bin/seedfall-may-start').map((unit) => `# ${unit.name}\n${unit.text}`)
    return expect(text.join('')).toMatchFileSnapshot(golden('units.txt'))
  })
})

describe('Addresses', () => {
  test('differ for VMs beyond the 255th, and interfaces have names of at most 15 characters', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 65_000 }), { minLength: 2, maxLength: 50 }), fc.nat({ max: 255 }), (indexes, segment) => {
        const all = indexes.map((index) => addressOf(segment, index, 100_000 + index))
        for (const of of ['ip', 'mac', 'tap'] as const) expect(new Set(all.map((address) => address[of])).size).toBe(all.length)
        for (const { tap, ip, mac, vlan } of all) {
          expect(tap.length).toBeLessThanOrEqual(15)
          expect(ip.split('.').every((part) => Number(part) >= 0 && Number(part) <= 255)).toBe(true)
          expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/)
          expect(vlan).toBeLessThan(4_095)
        }
      }),
    )
  })
})

describe('A definition from outside', () => {
  test.each([
    [{ vcpus: 0 }, 'definition.vcpus must be a whole number from 1 to 256, not 0'],
    [{ memoryMib: '512' }, 'definition.memoryMib must be a whole number of mebibytes from 64 to 1,048,576, not "512"'],
    [{ kernel: 'x"; evil' }, 'definition.kernel must be an attribute path, not "x\\"; evil"'],
    [{ colour: 'red' }, 'definition.colour: there is no such field'],
  ])('%j is refused in one line', (wrong, message) => expect(definitionFault({ ...definitionDefaults, ...wrong })).toBe(message))
  test('the defaults are one', () => expect(definitionFault(definitionDefaults)).toBeNull())
})
