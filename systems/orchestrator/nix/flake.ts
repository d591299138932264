import type { GuestSpec } from '../hypervisor/hypervisor.js'
import { type NixValue, nixString, nixText, raw } from './nix-text.js'

/**
 * The flake of a VM for microvm.nix, from its definition alone: the same definition gives the same text, whatever made it. What guests booted from one image must
 * not share (machine id, MAC address) is in it; the seed of the random number generator is not, since a flake ends up in the Nix store, which all may read.
 */
export function flakeOf({ vm, definition, address, identity }: GuestSpec): string {
  const { hypervisor, vcpus, memoryMib, volumes, shares, kernel, store } = definition
  const storeShare = { proto: 'virtiofs', tag: 'ro-store', source: '/nix/store', mountPoint: '/nix/.ro-store' }
  const microvm: Record<string, NixValue> = {
    hypervisor,
    vcpu: vcpus,
    mem: memoryMib,
    socket: 'control.sock',
    volumes: volumes.map(({ name, sizeMib, mountPoint }) => ({ image: `${name}.img`, mountPoint, size: sizeMib })),
    shares: [...(store === 'share' ? [storeShare] : []), ...shares.map(({ tag, source, mountPoint }) => ({ proto: 'virtiofs', tag, source, mountPoint }))],
    interfaces: address === null ? [] : [{ type: 'tap', id: address.tap, mac: address.mac }],
  }
  if (store === 'image') microvm.storeOnDisk = true
  const module: Record<string, NixValue> = {
    'networking.hostName': vm,
    'environment.etc.machine-id.text': `${identity.machineId}\n`,
    microvm,
  }
  if (kernel !== undefined) module['boot.kernelPackages'] = raw(`pkgs.${kernel.replace(/\.kernel$/, '')}`)
  if (address !== null) {
    module['systemd.network.enable'] = true
    module['systemd.network.networks.10-lan'] = {
      'matchConfig.MACAddress': address.mac,
      'networkConfig.Address': `${address.ip}/16`,
      'networkConfig.Gateway': address.ip.replace(/\.\d+\.\d+$/, '.0.1'),
    }
  }
  module['system.stateVersion'] = '24.05'
  return `{
  description = ${nixString(`Virtual machine ${vm}`)};

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-24.05";
    microvm.url = "github:astro/microvm.nix";
    microvm.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs = { self, nixpkgs, microvm }: {
    nixosConfigurations.${nixString(vm)} = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.microvm
        ({ pkgs, ... }: ${nixText(module, '        ')})
      ];
    };
  };
}
`
}
