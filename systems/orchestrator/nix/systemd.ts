import type { GuestSpec } from '../hypervisor/hypervisor.js'

/** A unit file, by the name that systemd knows it by. */
export interface UnitFile {
  readonly name: string
  readonly text: string
}

/**
 * The units of a VM, as microvm.nix lays them out: interfaces and file servers first, then the VM itself. `Restart=always` brings it back after 5 s and `WantedBy`
 * starts it with the machine; both go through `gate`, which asks whether this generation still is this machine's.
 */
export function unitsOf(spec: GuestSpec, gate: string): readonly UnitFile[] {
  const { vm, generation, definition, address } = spec
  const units: UnitFile[] = []
  const needs: string[] = []
  if (address !== null) {
    const name = `microvm-tap-interfaces@${vm}.service`
    needs.push(name)
    units.push({
      name,
      text: section('Unit', { Description: `Interfaces of ${vm}`, PartOf: `microvm@${vm}.service`, Before: `microvm@${vm}.service` }).concat(
        section('Service', {
          Type: 'oneshot',
          RemainAfterExit: 'yes',
          ExecStart: [
            `ip tuntap add name ${address.tap} mode tap vnet_hdr multi_queue`,
            `ip link set ${address.tap} master br${address.vlan} up`,
            `bridge vlan add dev ${address.tap} vid ${address.vlan} pvid untagged`,
          ],
          ExecStop: `ip link delete ${address.tap}`,
        }),
      ),
    })
  }
  if (definition.store === 'share' || definition.shares.length > 0) {
    const name = `microvm-virtiofsd@${vm}.service`
    needs.push(name)
    units.push({
      name,
      text: section('Unit', { Description: `File servers of ${vm}`, PartOf: `microvm@${vm}.service`, Before: `microvm@${vm}.service` }).concat(
        section('Service', { Type: 'notify', ExecStart: `/var/lib/microvms/${vm}/current/bin/virtiofsd-run`, LimitNOFILE: '1048576' }),
      ),
    })
  }
  units.push({
    name: `microvm@${vm}.service`,
    text: section('Unit', {
      Description: `Virtual machine ${vm}, generation ${generation}`,
      Requires: needs.join(' '),
      After: [...needs, 'network.target'].join(' '),
    })
      .concat(
        section('Service', {
          Type: 'notify',
          ExecCondition: `${gate} ${vm} ${generation}`,
          ExecStart: `/var/lib/microvms/${vm}/current/bin/microvm-run`,
          ExecStop: `/var/lib/microvms/${vm}/current/bin/microvm-shutdown`,
          Restart: 'always',
          RestartSec: '5s',
          WorkingDirectory: `/var/lib/microvms/${vm}`,
        }),
      )
      .concat(section('Install', { WantedBy: 'microvms.target' })),
  })
  return units
}

function section(name: string, entries: Readonly<Record<string, string | readonly string[]>>): string {
  let text = `[${name}]\n`
  for (const [key, value] of Object.entries(entries)) {
    if (value.length === 0) continue
    for (const one of typeof value === 'string' ? [value] : value) text += `${key}=${one}\n`
  }
  return `${text}\n`
}
