import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Spool, type SpoolOptions } from './spool.js'

let root: string
let folders = 0
const opened: Spool[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'packet-logs-spool-'))
})
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close().catch(() => undefined)
  await rm(root, { recursive: true, force: true })
})

const never = { maxBytes: 1024 ** 3, maxAgeMs: 1e12 }

async function openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  folders += 1
  const spool = await Spool.open({ directory: join(root, String(folders)), ...never, ...options })
  opened.push(spool)
  return spool
}

/** As a process finds the folder that comes after one which was killed: no file was closed, and its claim is still there. */
async function openAfterCrash(from: string, change?: (copy: string) => Promise<void>): Promise<Spool> {
  folders += 1
  const copy = join(root, String(folders))
  await mkdir(copy)
  for (const name of await readdir(from)) if (name !== 'lock') await copyFile(join(from, name), join(copy, name))
  await change?.(copy)
  const spool = await Spool.open({ directory: copy, ...never })
  opened.push(spool)
  return spool
}

async function takeAll(spool: Spool): Promise<string[]> {
  const lines: string[] = []
  for (let batch = await spool.take(10); batch !== undefined; batch = await spool.take(10)) {
    lines.push(...batch.lines)
    await spool.commit(batch)
  }
  return lines
}

const series = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `m v=${from + index}`)

async function segmentsOf(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter(name => name.endsWith('.spool')).sort()
  return names.map(name => join(directory, name))
}

it('hands out what it took, in order, and forgets what was committed', async () => {
  const spool = await openSpool()
  await spool.append(series(0, 5), { epoch: 7, seq: 5 })
  await spool.append(series(5, 5), { epoch: 7, seq: 10 })
  const batch = await spool.take(5)
  expect(batch?.lines).toEqual(series(0, 5))
  expect(await spool.take(5)).toMatchObject({ lines: series(0, 5) })
  if (batch) await spool.commit(batch)
  expect(spool.stats.points).toBe(5)
  expect(await takeAll(spool)).toEqual(series(5, 5))
  expect(await spool.take(5)).toBeUndefined()
})

it('goes on where it was after a crash, and knows how far the bus was read', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory })
  await spool.append(series(0, 5), { epoch: 7, seq: 5 })
  await spool.append(series(5, 5), { epoch: 7, seq: 10 })
  const batch = await spool.take(5)
  if (batch) await spool.commit(batch)
  const next = await openAfterCrash(directory)
  expect(next.position).toEqual({ epoch: 7, seq: 10 })
  expect(next.hasHistory).toBe(true)
  await next.append(series(10, 1), { epoch: 7, seq: 11 })
  expect(await takeAll(next)).toEqual(series(5, 6))
})

it('remembers how far the bus was read when everything is delivered, also of events that made no points', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory })
  await spool.append(series(0, 5), { epoch: 7, seq: 5 })
  await takeAll(spool)
  await spool.append([], { epoch: 7, seq: 9 })
  await spool.close()
  expect((await openSpool({ directory })).position).toEqual({ epoch: 7, seq: 9 })
})

it('keeps whole records whatever byte the last segment was torn off at', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory })
  const ends: number[] = []
  for (let record = 0; record < 2; record += 1) {
    await spool.append(series(record * 2, 2), { epoch: 1, seq: record + 1 })
    ends.push(spool.stats.bytes)
  }
  const [name = ''] = (await segmentsOf(directory)).map(path => path.slice(directory.length + 1))
  for (let length = 0; length <= (ends.at(-1) ?? 0); length += 1) {
    const whole = ends.filter(end => end <= length).length
    const next = await openAfterCrash(directory, copy => truncate(join(copy, name), length))
    expect(next.stats.points).toBe(whole * 2)
    expect(next.position?.seq).toBe(whole === 0 ? undefined : whole)
    await next.append(['m v=new'], { epoch: 1, seq: 99 })
    expect(await takeAll(next)).toEqual([...series(0, whole * 2), 'm v=new'])
    await next.close()
  }
})

it('never hands out what a flipped bit changed, and counts it', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory })
  for (let record = 0; record < 3; record += 1) await spool.append(series(record * 3, 3), undefined)
  const [path = ''] = await segmentsOf(directory)
  const bytes = await readFile(path)
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
      const next = await openAfterCrash(directory, async copy => {
        const damaged = Buffer.from(bytes)
        damaged.writeUInt8((damaged[at] ?? 0) ^ (1 << bit), at)
        await writeFile(join(copy, path.slice(directory.length + 1)), damaged)
      })
      const lines = await takeAll(next)
      expect(lines).toEqual(series(0, lines.length))
      expect(lines.length).toBe(Math.floor(at / (bytes.length / 3)) * 3)
      await next.close()
    }),
    { numRuns: 40 }
  )
})

it('falls back on the other copy when its state was torn, and never skips a point', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory })
  await spool.append(series(0, 10), { epoch: 1, seq: 1 })
  await spool.append(series(10, 10), { epoch: 1, seq: 2 })
  const batch = await spool.take(10)
  if (batch) await spool.commit(batch)
  for (const slot of [0, 1]) {
    const next = await openAfterCrash(directory, async copy => {
      const file = await open(join(copy, 'state'), 'r+')
      await file.write(Buffer.from('garbage'), 0, 7, slot * 4096)
      await file.close()
    })
    const lines = await takeAll(next)
    expect([series(0, 20), series(10, 10)]).toContainEqual(lines)
  }
  const none = await openAfterCrash(directory, copy => rm(join(copy, 'state')))
  expect(await takeAll(none)).toEqual(series(0, 20))
})

it('loses nothing and skips nothing in any sequence of appends, deliveries and crashes', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 0, max: 40 }) })
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), max: fc.integer({ min: 1, max: 60 }) })
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), commits: fc.boolean() }) }
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      folders += 1
      let directory = join(root, String(folders))
      let spool = await Spool.open({ directory, ...never })
      let appended = 0
      const delivered: string[] = []
      for (const next of steps) {
        if (next.kind === 'append') {
          await spool.append(series(appended, next.count), { epoch: 1, seq: appended + next.count })
          appended += next.count
        } else if (next.kind === 'deliver') {
          const batch = await spool.take(next.max)
          delivered.push(...(batch?.lines ?? []))
          if (batch) await spool.commit(batch)
        } else {
          const batch = await spool.take(20)
          // The database has it, but the process dies before that is written down, or just after.
          if (batch && next.commits) {
            delivered.push(...batch.lines)
            await spool.commit(batch)
          }
          const survivor = await openAfterCrash(directory)
          await spool.close()
          ;[spool, directory] = [survivor, join(root, String(folders))]
          expect(spool.position?.seq ?? 0).toBe(appended)
        }
        expect(spool.stats.points).toBe(appended - delivered.length)
      }
      delivered.push(...(await takeAll(spool)))
      expect(delivered).toEqual(series(0, appended))
      await spool.close()
    }),
    { numRuns: 40 }
  )
})

it('drops the oldest when there are too many, counts each, and stays within its bound', async () => {
  const spool = await openSpool({ maxBytes: 65_536 })
  const long = (index: number): string =>
    `m v="${Buffer.from(Array.from({ length: 60 }, () => Math.random() * 256)).toString('base64')}" ${index}`
  let appended = 0
  for (let record = 0; record < 100; record += 1) {
    await spool.append(
      Array.from({ length: 20 }, () => long(appended++)),
      { epoch: 1, seq: appended }
    )
    expect(spool.stats.bytes).toBeLessThanOrEqual(65_536)
  }
  const { points, droppedFull } = spool.stats
  expect(droppedFull).toBeGreaterThan(0)
  expect(points + droppedFull).toBe(appended)
  const left = await takeAll(spool)
  expect(left.length).toBe(points)
  expect(left.at(-1)).toMatch(new RegExp(` ${appended - 1}$`))
})

it('counts points once that are being delivered while their segment is dropped', async () => {
  const spool = await openSpool({ maxBytes: 65_536 })
  const line = (): string =>
    `m v="${Buffer.from(Array.from({ length: 300 }, () => Math.random() * 256)).toString('base64')}"`
  const fill = async (): Promise<void> => {
    for (let record = 0; record < 60; record += 1) await spool.append(Array.from({ length: 10 }, line), undefined)
  }
  await spool.append(Array.from({ length: 10 }, line), undefined)
  const batch = await spool.take(10)
  await fill()
  expect(spool.stats.points + spool.stats.droppedFull).toBe(610)
  if (batch) await spool.commit(batch)
  expect(spool.stats.points + spool.stats.droppedFull).toBe(600)
  const second = await spool.take(10)
  await fill()
  expect(second?.lines).toHaveLength(10)
  await spool.release()
  expect(spool.stats.points + spool.stats.droppedFull).toBe(1200)
})

it('drops what has waited too long', async () => {
  let nowMs = 1000
  const spool = await openSpool({ maxAgeMs: 16_000, now: () => nowMs })
  await spool.append(series(0, 3), undefined)
  nowMs += 5000
  await spool.append(series(3, 3), undefined)
  nowMs += 12_000
  expect((await spool.take(10))?.lines).toEqual(series(3, 3))
  expect(spool.stats.droppedOld).toBe(3)
})

it('gives the disk back when everything is delivered', async () => {
  const directory = join(root, 'first')
  const spool = await openSpool({ directory, maxBytes: 4_000_000 })
  for (let record = 0; record < 100; record += 1) {
    await spool.append(
      Array.from({ length: 100 }, () => `m v="${Math.random()}${Math.random()}${Math.random()}"`),
      undefined
    )
  }
  await takeAll(spool)
  expect(spool.stats.bytes).toBeLessThan(300_000)
  const sizes = await Promise.all((await segmentsOf(directory)).map(async path => (await stat(path)).size))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000)
})

it('is one process’s at a time, and is not held by one that is gone', async () => {
  const directory = join(root, 'first')
  await openSpool({ directory })
  await writeFile(join(directory, 'lock'), '1 ')
  await (await openSpool({ directory })).close()
  const init = (await readFile('/proc/1/stat', 'utf8')).split(') ')[1]?.split(' ')[19] ?? ''
  await writeFile(join(directory, 'lock'), `1 ${init}`)
  await expect(openSpool({ directory })).rejects.toMatchObject({ code: 'SPOOL_IN_USE' })
})

it('is another’s who is about to write the claim, unless that never happened', async () => {
  const directory = join(root, 'claimed')
  await mkdir(directory)
  const lock = join(directory, 'lock')
  await writeFile(lock, '')
  await expect(openSpool({ directory })).rejects.toMatchObject({ code: 'SPOOL_IN_USE' })
  const before = new Date(Date.now() - 10_000)
  await utimes(lock, before, before)
  await (await openSpool({ directory })).close()
  expect(await readdir(directory)).toEqual(['state'])
})

it('says why a directory cannot be used', async () => {
  await writeFile(join(root, 'file'), '')
  await expect(openSpool({ directory: join(root, 'file') })).rejects.toMatchObject({
    code: 'SPOOL_UNUSABLE',
    message: expect.stringContaining('--spool') as unknown
  })
})
