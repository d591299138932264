import { bytes, type ConformanceCase, codeOf, pattern, text } from '../conformance-case.js'

/** Names: directories, removal, renames, and what is made durable under a name. */
export const diskNameCases: readonly ConformanceCase[] = [
  {
    area: 'disk',
    name: 'list names what is in a directory, sorted by code unit',
    programs: (see) => ({
      a: async ({ disk }) => {
        see(await disk.list(''))
        await disk.makeDirectory('d/sub')
        for (const name of ['b', 'B', 'a10', 'a9', 'é', 'z']) await disk.append(`d/${name}`, bytes('x'))
        see(await disk.list('d'))
        see(await disk.list('.'))
        see(await codeOf(disk.list('none')))
        see(await codeOf(disk.list('d/a9')))
      },
    }),
    seen: [[], ['B', 'a10', 'a9', 'b', 'sub', 'z', 'é'], ['d'], 'ENOENT', 'ENOTDIR'],
  },
  {
    area: 'disk',
    name: 'makeDirectory makes its parents, and is no error when it exists; a file in its way is',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.makeDirectory('a/b/c')
        see(await codeOf(disk.makeDirectory('a/b/c')))
        see(await codeOf(disk.makeDirectory('')))
        see(await disk.list('a/b'))
        await disk.append('file', bytes('x'))
        see(await codeOf(disk.makeDirectory('file')))
        see(await codeOf(disk.makeDirectory('file/below')))
      },
    }),
    seen: ['none', 'none', ['c'], 'EEXIST', 'ENOTDIR'],
  },
  {
    area: 'disk',
    name: 'remove takes a file or an empty directory',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.append('x', bytes('x'))
        await disk.makeDirectory('d/sub')
        see(await codeOf(disk.remove('none')))
        see(await codeOf(disk.remove('d')))
        see(await codeOf(disk.remove('x/below')))
        await disk.remove('x')
        await disk.remove('d/sub')
        await disk.remove('d')
        see(await disk.list(''))
      },
    }),
    seen: ['ENOENT', 'ENOTEMPTY', 'ENOTDIR', []],
  },
  {
    area: 'disk',
    name: 'a removed file lives on for those who have it open; a new one of its name is another',
    programs: (see) => ({
      a: async ({ disk }) => {
        const old = await disk.open('file', { create: true })
        await old.writeAt(0, bytes('old'))
        await disk.remove('file')
        const fresh = await disk.open('file', { create: true })
        await fresh.writeAt(0, bytes('fresh'))
        await old.append(bytes('er'))
        see([text(await old.readAt(0, 10)), text(await fresh.readAt(0, 10))])
        old.close()
        fresh.close()
      },
    }),
    seen: [['older', 'fresh']],
  },
  {
    area: 'disk',
    name: 'rename moves a file, over another if need be; who has either open keeps it',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.append('from', bytes('from'))
        await disk.append('to', bytes('to'))
        const [from, to] = [await disk.open('from'), await disk.open('to')]
        await disk.rename('from', 'to')
        see(text(await disk.readFile('to')))
        see(await disk.list(''))
        await from.append(bytes('!'))
        see([text(await disk.readFile('to')), text(await to.readAt(0, 10))])
        from.close()
        to.close()
      },
    }),
    seen: ['from', ['to'], ['from!', 'to']],
  },
  {
    area: 'disk',
    name: 'rename to its own name changes nothing',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.append('file', bytes('x'))
        await disk.rename('file', 'file')
        see(text(await disk.readFile('file')))
        see(await codeOf(disk.rename('none', 'none')))
      },
    }),
    seen: ['x', 'ENOENT'],
  },
  {
    area: 'disk',
    name: 'rename: what is missing, and what does not fit',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.append('file', bytes('x'))
        await disk.makeDirectory('empty')
        await disk.makeDirectory('full/below')
        see(await codeOf(disk.rename('none', 'other')))
        see(await codeOf(disk.rename('file', 'none/other')))
        see(await codeOf(disk.rename('file', 'empty')))
        see(await codeOf(disk.rename('empty', 'file')))
        see(await codeOf(disk.rename('empty', 'full')))
        see(await codeOf(disk.rename('file/below', 'other')))
        see(await codeOf(() => disk.rename('full', 'full/below/more')))
      },
    }),
    seen: ['ENOENT', 'ENOENT', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENOTDIR', 'misuse'],
  },
  {
    area: 'disk',
    name: 'rename moves a directory with all below it, over an empty one if need be',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.makeDirectory('from/below')
        await disk.append('from/below/file', bytes('x'))
        await disk.makeDirectory('to')
        await disk.rename('from', 'to')
        see(await disk.list(''))
        see(text(await disk.readFile('to/below/file')))
      },
    }),
    seen: [['to'], 'x'],
  },
  {
    area: 'disk',
    name: 'operations on names take effect in the order of their issue',
    programs: (see) => ({
      a: async ({ disk }) => {
        const made = disk.open('a', { create: true })
        const moved = disk.rename('a', 'b')
        const listed = disk.list('')
        const removed = disk.remove('b')
        const empty = disk.list('')
        ;(await made).close()
        await Promise.all([moved, removed])
        see([await listed, await empty])
      },
    }),
    seen: [[['b'], []]],
  },
  {
    area: 'disk',
    name: 'a failed operation on a name does not stop the next',
    programs: (see) => ({
      a: async ({ disk }) => {
        const codes = await Promise.all([
          codeOf(disk.remove('none')),
          codeOf(disk.makeDirectory('d')),
          codeOf(disk.rename('none', 'd/x')),
          codeOf(disk.stat('d')),
        ])
        see(codes)
      },
    }),
    seen: [['ENOENT', 'none', 'ENOENT', 'none']],
  },
  {
    area: 'disk',
    name: 'sync, syncDirectory and replace: what they say of what is missing',
    programs: (see) => ({
      a: async ({ disk }) => {
        see(await codeOf(disk.sync('none')))
        see(await codeOf(disk.syncDirectory('none')))
        await disk.append('file', bytes('x'))
        see(await codeOf(disk.syncDirectory('file')))
        see(await codeOf(disk.sync('file')))
        see(await codeOf(disk.syncDirectory('')))
        see(await codeOf(disk.replace('none/file', bytes('x'))))
        await disk.makeDirectory('d')
        see(await codeOf(disk.replace('d', bytes('x'))))
        see(await codeOf(disk.sync('d')))
      },
    }),
    seen: ['ENOENT', 'ENOENT', 'ENOTDIR', 'none', 'none', 'ENOENT', 'EISDIR', 'EISDIR'],
  },
  {
    area: 'disk',
    name: 'replace leaves the new contents and nothing beside them',
    programs: (see) => ({
      a: async ({ disk }) => {
        await disk.makeDirectory('d')
        await disk.replace('d/file', bytes('old and long'))
        await disk.replace('d/file', bytes('new'))
        see(text(await disk.readFile('d/file')))
        see(await disk.list('d'))
      },
    }),
    seen: ['new', ['file']],
  },
  {
    area: 'disk',
    name: 'two replacements of one file at once leave one of them whole',
    programs: (see) => ({
      a: async ({ disk }) => {
        await Promise.allSettled([disk.replace('file', pattern(5_000, 1)), disk.replace('other', pattern(6_000, 2))])
        see([(await disk.readFile('file'))?.length, (await disk.readFile('other'))?.length])
      },
    }),
    seen: [[5_000, 6_000]],
  },
  {
    area: 'disk',
    name: 'paths that leave the disk, or that no disk has, are misuse',
    programs: (see) => ({
      a: async ({ disk }) => {
        for (const path of ['../x', '/etc/passwd', 'a/../../b', 'a//b', './a', 'a/', 'nul\0']) see(await codeOf(() => disk.open(path, { create: true })))
        see(await codeOf(() => disk.open('')))
        see(await codeOf(() => disk.remove('.')))
        see(await codeOf(() => disk.rename('', 'x')))
      },
    }),
    seen: Array.from({ length: 10 }, () => 'misuse'),
  },
  {
    area: 'disk',
    name: 'what a process wrote is there after it died, synced or not; a handle of its is not',
    programs: (see) => {
      const state = { isWritten: false }
      return {
        a: async ({ disk, incarnation }) => {
          if (incarnation === 1) {
            const file = await disk.open('file', { create: true })
            await file.writeAt(0, bytes('unsynced'))
            state.isWritten = true
            await new Promise(() => {})
          }
          see(text(await disk.readFile('file')))
        },
        drive: async (world) => {
          await world.until(() => state.isWritten)
          await world.crash('a')
          await world.restart('a')
        },
      }
    },
    seen: ['unsynced'],
  },
  {
    area: 'disk',
    name: 'many reads and writes at once keep apart',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await Promise.all(Array.from({ length: 100 }, (_, i) => file.writeAt(i * 1_000, pattern(1_000, i * 1_000))))
        await file.sync()
        const reads = await Promise.all(Array.from({ length: 100 }, (_, i) => file.readAt(i * 1_000, 1_000)))
        see(reads.every((read, i) => read.length === 1_000 && read[0] === pattern(1, i * 1_000)[0] && read[999] === pattern(1, i * 1_000 + 999)[0]))
        see(file.size())
        file.close()
      },
    }),
    seen: [true, 100_000],
  },
]
