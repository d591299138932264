import { bytes, type ConformanceCase, codeOf, pattern, text } from '../conformance-case.js'

export const diskCases: readonly ConformanceCase[] = [
  {
    area: 'disk',
    name: 'what was written is read back, at any offset',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await file.writeAt(0, bytes('hello world'))
        see(text(await file.readAt(0, 11)))
        see(text(await file.readAt(6, 3)))
        see(file.size())
        see(file.path)
        file.close()
      },
    }),
    seen: ['hello world', 'wor', 11, 'file'],
  },
  {
    area: 'disk',
    name: 'a read is short only at the end of the file',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await file.writeAt(0, bytes('abc'))
        see((await file.readAt(1, 100)).length)
        see((await file.readAt(3, 100)).length)
        see((await file.readAt(50, 100)).length)
        see((await file.readAt(0, 0)).length)
        see((await file.readAt(0, 2 ** 40)).length)
        file.close()
      },
    }),
    seen: [2, 0, 0, 0, 3],
  },
  {
    area: 'disk',
    name: 'a write beyond the end leaves zeros between',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await file.writeAt(0, bytes('x'))
        await file.writeAt(6_000, bytes('y'))
        see(file.size())
        const all = await file.readAt(0, 6_001)
        see([all[0], all.slice(1, 6_000).every((byte) => byte === 0), all[6_000]])
        file.close()
      },
    }),
    seen: [6_001, [120, true, 121]],
  },
  {
    area: 'disk',
    name: 'an empty write changes nothing, not even the size',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await file.writeAt(100, new Uint8Array(0))
        see(file.size())
        see(await file.append(new Uint8Array(0)))
        file.close()
      },
    }),
    seen: [0, 0],
  },
  {
    area: 'disk',
    name: 'bytes changed after the call are written as they were',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        const body = bytes('before')
        const writes = [file.writeAt(0, body), file.append(body), disk.append('other', body), disk.replace('third', body)]
        body.fill(0)
        await Promise.all(writes)
        see(text(await file.readAt(0, 100)))
        see(text(await disk.readFile('other')))
        see(text(await disk.readFile('third')))
        file.close()
      },
    }),
    seen: ['beforebefore', 'before', 'before'],
  },
  {
    area: 'disk',
    name: 'appends answer the offsets they went to, in the order of their issue',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('log', { create: true })
        see(await Promise.all([file.append(bytes('one')), file.append(bytes('two')), file.append(bytes('three'))]))
        see(text(await disk.readFile('log')))
        file.close()
      },
    }),
    seen: [[0, 3, 6], 'onetwothree'],
  },
  {
    area: 'disk',
    name: 'writes, appends and truncations of one file take effect in their order, through whichever handle',
    programs: (see) => ({
      a: async ({ disk }) => {
        const first = await disk.open('file', { create: true })
        const second = await disk.open('file')
        const done = [
          first.writeAt(0, bytes('aaaa')),
          second.writeAt(2, bytes('bbbb')),
          first.truncate(3),
          second.append(bytes('cc')),
          first.writeAt(0, bytes('d')),
        ]
        await Promise.all(done)
        see(text(await first.readAt(0, 100)))
        see([first.size(), second.size()])
        first.close()
        second.close()
      },
    }),
    seen: ['dabcc', [5, 5]],
  },
  {
    area: 'disk',
    name: 'truncate cuts and extends, the latter with zeros',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        await file.writeAt(0, bytes('abcdef'))
        await file.truncate(2)
        await file.truncate(5)
        see([...(await file.readAt(0, 100))])
        see(file.size())
        file.close()
      },
    }),
    seen: [[97, 98, 0, 0, 0], 5],
  },
  {
    area: 'disk',
    name: 'a closed file answers EBADF, however often it is closed; what was begun is done',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        const begun = file.writeAt(0, bytes('begun'))
        file.close()
        file.close()
        await begun
        for (const act of [file.readAt(0, 1), file.writeAt(0, bytes('x')), file.append(bytes('x')), file.truncate(0), file.sync()]) see(await codeOf(act))
        see(text(await disk.readFile('file')))
      },
    }),
    seen: ['EBADF', 'EBADF', 'EBADF', 'EBADF', 'EBADF', 'begun'],
  },
  {
    area: 'disk',
    name: 'offsets, lengths and sizes that are no integers from 0 on are misuse',
    programs: (see) => ({
      a: async ({ disk }) => {
        const file = await disk.open('file', { create: true })
        see(await codeOf(() => file.readAt(-1, 1)))
        see(await codeOf(() => file.readAt(0, 0.5)))
        see(await codeOf(() => file.writeAt(-1, bytes('x'))))
        see(await codeOf(() => file.truncate(Number.NaN)))
        file.close()
      },
    }),
    seen: ['misuse', 'misuse', 'misuse', 'misuse'],
  },
  {
    area: 'disk',
    name: 'open: what is missing is ENOENT, unless it is to be made; its directory is not made for it',
    programs: (see) => ({
      a: async ({ disk }) => {
        see(await codeOf(disk.open('none')))
        see(await codeOf(disk.open('none/file', { create: true })))
        const file = await disk.open('file', { create: true })
        file.close()
        see(await codeOf(disk.open('file/below', { create: true })))
        see(await codeOf(disk.open('file', { create: true, exclusive: true })))
        await disk.makeDirectory('directory')
        see(await codeOf(disk.open('directory')))
        see(await codeOf(disk.open('directory', { create: true })))
        see(await codeOf(disk.open('directory', { create: true, exclusive: true })))
      },
    }),
    seen: ['ENOENT', 'ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'EISDIR', 'EEXIST'],
  },
  {
    area: 'disk',
    name: 'of two that make a file exclusively one fails',
    programs: (see) => ({
      a: async ({ disk }) => {
        const make = () => disk.open('file', { create: true, exclusive: true }).then((file) => file.close())
        see((await Promise.all([codeOf(make()), codeOf(make())])).sort())
      },
    }),
    seen: [['EEXIST', 'none']],
  },
  {
    area: 'disk',
    name: 'open with truncate empties the file for all its handles',
    programs: (see) => ({
      a: async ({ disk }) => {
        const first = await disk.open('file', { create: true })
        await first.writeAt(0, bytes('full'))
        const second = await disk.open('file', { truncate: true })
        see([first.size(), second.size(), (await first.readAt(0, 4)).length])
        first.close()
        second.close()
      },
    }),
    seen: [[0, 0, 0]],
  },
  {
    area: 'disk',
    name: 'readFile reads all of it, or says null when there is none',
    programs: (see) => ({
      a: async ({ disk }) => {
        see(await disk.readFile('none'))
        const body = pattern(10_000)
        await disk.append('file', body)
        see((await disk.readFile('file'))?.every((byte, i) => byte === body[i]))
        await disk.append('empty', new Uint8Array(0))
        see((await disk.readFile('empty'))?.length)
        await disk.makeDirectory('directory')
        see(await codeOf(disk.readFile('directory')))
        see(await codeOf(disk.readFile('file/below')))
      },
    }),
    seen: [null, true, 0, 'EISDIR', 'ENOTDIR'],
  },
  {
    area: 'disk',
    name: 'stat says how large it is, or null',
    programs: (see) => ({
      a: async ({ disk }) => {
        see(await disk.stat('none'))
        see(await disk.stat('none/below'))
        await disk.append('file', pattern(7))
        see(await disk.stat('file'))
        await disk.makeDirectory('directory')
        see(await disk.stat('directory'))
        see(await codeOf(disk.stat('file/below')))
        see(await disk.stat(''))
      },
    }),
    seen: [null, null, { size: 7 }, { size: 0 }, 'ENOTDIR', { size: 0 }],
  },
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
