export type PropertyKind = 'always' | 'sometimes' | 'reachable' | 'unreachable'
