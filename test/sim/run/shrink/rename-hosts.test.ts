import { describe, expect, test } from 'vitest'
import type { Recipe } from '../../../../sim/run/shrink/recipe.js'
import { hostsIn, renameHosts, renameIn } from '../../../../sim/run/shrink/rename-hosts.js'

const names = new Map([
  ['n-1', 'n-2'],
  ['n-2', 'n-1'],
  ['client-3', 'client-1'],
])
const recipe = {
  injections: [
    {
      kind: 'net.partition',
      site: 'n-1',
      ordinal: 1,
      at: 1,
      args: {
        groups: [
          ['n-1', 'client-3'],
          ['n-2', 'n-10'],
        ],
        forNanos: 5,
      },
    },
    { kind: 'power.loss', site: '*', ordinal: 1, at: 2, args: { hosts: ['n-2'], fates: { 'n-2': [true], 'n-3': [1] } } },
  ],
  operations: [
    { client: 3, index: 4, at: 5, op: 'n-1' },
    { client: 2, index: 0, at: 6 },
  ],
} as unknown as Recipe

describe('hosts called otherwise', () => {
  test.each([
    ['n-1>n-2 raft.vote', 'n-2>n-1 raft.vote'],
    ['n-10>*', 'n-10>*'],
    ['n-1:log/n-1.txt sync', 'n-2:log/n-2.txt sync'],
    ['n-1>n-2:7000 #2', 'n-2>n-1:7000 #2'],
  ])('in %s', (before, after) => expect(renameIn(before, names)).toBe(after))

  test('are so wherever injections and operations speak of them, but not in what operations say', () => {
    const { injections, operations } = renameHosts(recipe, names)
    expect(injections[0]).toMatchObject({
      site: 'n-2',
      args: {
        groups: [
          ['n-2', 'client-1'],
          ['n-1', 'n-10'],
        ],
        forNanos: 5,
      },
    })
    expect(injections[1]).toMatchObject({ site: '*', args: { hosts: ['n-1'], fates: { 'n-1': [true], 'n-3': [1] } } })
    expect(operations).toEqual([
      { client: 1, index: 4, at: 5, op: 'n-1' },
      { client: 2, index: 0, at: 6 },
    ])
  })

  test('are found where injections speak of them', () => {
    expect([...hostsIn(recipe, ['n-1', 'n-2', 'n-3', 'n-4', 'n-10'])].sort()).toEqual(['n-1', 'n-10', 'n-2', 'n-3'])
  })
})
