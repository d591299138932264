{
  description = "Virtual machine vm-17";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-24.05";
    microvm.url = "github:astro/microvm.nix";
    microvm.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs = { self, nixpkgs, microvm }: {
    nixosConfigurations."vm-17" = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.microvm
        ({ pkgs, ... }: {
          networking.hostName = "vm-17";
          environment.etc.machine-id.text = "0123456789abcdef0123456789abcdef\n";
          microvm = {
            hypervisor = "cloud-hypervisor";
            vcpu = 1;
            mem = 512;
            socket = "control.sock";
            volumes = [
              {
                image = "data.img";
                mountPoint = "/var/lib";
                size = 1024;
              }
            ];
            shares = [
              {
                proto = "virtiofs";
                tag = "ro-store";
                source = "/nix/store";
                mountPoint = "/nix/.ro-store";
              }
            ];
            interfaces = [
              {
                type = "tap";
                id = "vmh";
                mac = "02:00:00:00:00:11";
              }
            ];
          };
          systemd.network.enable = true;
          systemd.network.networks."10-lan" = {
            matchConfig.MACAddress = "02:00:00:00:00:11";
            networkConfig.Address = "10.3.1.0/16";
            networkConfig.Gateway = "10.3.0.1";
          };
          system.stateVersion = "24.05";
        })
      ];
    };
  };
}
