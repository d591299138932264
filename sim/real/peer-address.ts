/** Where a host is reached: a name or address of a machine, and the port of its typed protocols. */
export interface PeerAddress {
  readonly machine: string
  readonly port: number
}

/** `127.0.0.1:7001`, `node-2.example:7001`, `[::1]:7001`; null when it is none. */
export function parseAddress(text: string): PeerAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text)
  const machine = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return machine === undefined || port > 65_535 ? null : { machine, port }
}

export function printAddress({ machine, port }: PeerAddress): string {
  return machine.includes(':') ? `[${machine}]:${port}` : `${machine}:${port}`
}
