import type { Plant } from '../../tools/plant/plant.js'

const crash = 'scenarios/kv-crash.scenario.ts'
const disk = 'scenarios/kv-disk.scenario.ts'
const cloud = 'scenarios/kv-cloud.scenario.ts'
const concurrent = 'scenarios/kv-concurrent.scenario.ts'
const full = 'scenarios/kv-full.scenario.ts'

/** Mistakes in the key-value engine, of sorts that were made in others. Names are stable: reports use them. */
export const kvPlants: readonly Plant[] = [
  {
    name: 'collects-what-a-snapshot-reads',
    source: 'eloqdata/eloqstore: a data file is removed while a scan of an older mapping still reads it',
    file: 'systems/kv/garbage.ts',
    replace: 'for (const { mapping } of holders.versions) for',
    with: 'for (const { mapping } of holders.versions.slice(-1)) for',
    expect: 'GcSafe',
    subject: concurrent,
    isThorough: true,
  },
  {
    name: 'collects-files-of-cached-pages',
    source: 'eloqdata/eloqstore: pages in memory (swizzled pointers) are left out when retained files are gathered',
    file: 'systems/kv/garbage.ts',
    replace: 'for (const file of filesOf(mapping, holders.filePages)) held.add(file)',
    with: 'for (const { logical, physical } of mapping.pages()) if (!holders.index.has(logical)) held.add(Math.floor(physical / holders.filePages))',
    expect: ['GcSafe', 'ManifestReachable'],
    subject: concurrent,
    isThorough: true,
  },
  {
    name: 'pages-of-an-aborted-batch-leak',
    source: 'eloqdata/eloqstore: the pages of a write task that was given up are written by the next one',
    file: 'systems/kv/partition.ts',
    replace: 'const edit = new TreeEdit(this.pages, base, this.#unused)\n',
    with: 'const edit = new TreeEdit(this.pages, base, this.#unused)\n      const self = this as unknown as { leaked?: TreeEdit }\n      if (self.leaked?.base === base) for (const [logical, page] of self.leaked.drafts) edit.place(logical, page)\n      self.leaked = edit\n',
    expect: ['OverflowBalance', 'TreeOrder', 'ManifestReachable', 'MapEqual', 'SnapshotStable', 'BatchAtomic'],
    subject: full,
    isThorough: true,
  },
  {
    name: 'truncate-forgets-the-first-overflow-value',
    source: 'eloqdata/eloqstore: truncation leaves the overflow pages of the first value that it cuts off',
    file: 'systems/kv/tree-truncate.ts',
    replace: 'await dropped(entries.slice(kept))',
    with: 'await dropped(entries.slice(kept + 1))',
    expect: 'OverflowBalance',
    subject: crash,
    isThorough: true,
  },
  {
    name: 'separator-below-its-neighbour',
    source: 'eloqdata/eloqstore, FindShortestSeparator: a separator that does not divide',
    file: 'systems/kv/separator.ts',
    replace: 'sharedPrefix(left, right) + 1',
    with: 'Math.max(1, sharedPrefix(left, right))',
    expect: ['TreeOrder', 'MapEqual', 'SnapshotStable'],
    subject: crash,
    isThorough: true,
  },
  {
    name: 'dirty-file-left-without-sync',
    source: 'eloqdata/eloqstore: a data file is closed for the next one before it was synced',
    file: 'systems/kv/local-files.ts',
    replace: '[...handles.values()].map((handle) => this.#sync(handle))',
    with: '[...handles.values()].slice(-1).map((handle) => this.#sync(handle))',
    expect: 'ManifestReachable',
    subject: crash,
    isThorough: true,
  },
  {
    name: 'object-list-stops-at-a-page',
    source: 'eloqdata/eloqstore, ListCloudFiles: a list of objects is taken for whole after its first page',
    file: 'systems/kv/object-requests.ts',
    replace: 'token = page.next',
    with: 'token = null',
    expect: ['BatchAtomic', 'MapEqual', 'TermFence', 'SnapshotStable', 'a write is done', 'not linearizable (kv)'],
    subject: cloud,
    isThorough: true,
  },
  {
    name: 'failed-manifest-sync-taken-for-nothing',
    source:
      'Rebello and others, "Can Applications Recover from fsync Failures?", USENIX ATC 2020: the record survives the failed sync, and what it replaced is gone',
    file: 'systems/kv/partition.ts',
    replace: '    if (error instanceof UnknownOutcome) {\n',
    with: '    if (error instanceof UnknownOutcome && Number.isNaN(sequence)) {\n',
    expect: ['BatchAtomic', 'ManifestReachable', 'NoReuseWhileReferenced', 'GcSafe'],
    subject: full,
    isThorough: true,
  },
  {
    name: 'lost-write-passes',
    source:
      'Ganesan and others, "Redundancy Does Not Imply Fault Tolerance", FAST 2017: a page whose writing was lost is whole, and is not the one that should be there',
    file: 'systems/kv/page.ts',
    replace: 'readU32(page, 4) === stamp && hasRoom(page) && readU32(page, 0) === checksumOf(page, logical, stamp)',
    with: 'hasRoom(page) && readU32(page, 0) === checksumOf(page, logical, readU32(page, 4))',
    expect: ['MapEqual', 'SnapshotStable', 'BatchAtomic'],
    subject: disk,
    isThorough: true,
  },
  {
    name: 'root-before-its-pages',
    source: 'Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014: what leads to pages is durable before they are',
    file: 'systems/kv/partition.ts',
    replace: '      await this.files.write(prepared.pages)\n      await manifest.append(prepared.delta)\n',
    with: '      await Promise.all([manifest.append(prepared.delta), this.files.write(prepared.pages).catch(() => {})])\n',
    expect: ['ManifestReachable', 'BatchAtomic', 'TreeOrder', 'OverflowBalance'],
    subject: crash,
    isThorough: true,
  },
]
