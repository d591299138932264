import { objectStoreCases } from '../../sim/objects/object-store-cases.js'
import type { ConformanceCase } from '../conformance-case.js'
import { leastPartBytes } from '../run-case.js'

/** The cases that every object store passes, here through `host.objects`. */
export const objectCases: readonly ConformanceCase[] = objectStoreCases.map(({ name, run }) => ({
  area: 'objects',
  name,
  programs: () => ({ a: ({ objects }) => run(objects, leastPartBytes) }),
  seen: [],
}))
