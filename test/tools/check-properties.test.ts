import { expect, test } from 'vitest'
import { catalogueOfSources } from '../../sim/run/catalogue/catalogue.js'
import { complaintsOf } from '../../tools/check-properties.js'

const complaints = (text: string) => complaintsOf(catalogueOfSources(['a.ts'], { read: () => text, resolve: () => null, show: (file) => file }))

test('a name that is not written out, one that means two things and an import that leads nowhere are refused with their places', () => {
  expect(complaints("host.check.always('fine', true)")).toEqual([])
  expect(complaints('host.check.always(NAME, true)')).toEqual([expect.stringMatching(/^a\.ts:1:19 the name of this 'always' is not a literal/)])
  expect(complaints("host.check.always('a', b)\nhost.check.reachable('a')")).toEqual([
    expect.stringMatching(/^a\.ts:2:1 'a' is a 'reachable' here and a 'always' at a\.ts:1/),
  ])
  expect(complaints("import './b.js'")).toEqual(['a.ts:1:8 imports ./b.js, which leads nowhere'])
})
