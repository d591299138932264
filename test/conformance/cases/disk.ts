import { bytes, type ConformanceCase, codeOf, pattern, text } from '../conformance-case.js'

/** Files: their bytes, sizes and handles. */
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
]
