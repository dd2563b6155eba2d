import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { replaceFile } from './replace-file.js'
import type { WatchedFile, WatchFileOptions } from './watch-file.js'
import { watchFile } from './watch-file.js'

const SETTLE_MS = 20
const GRACE_MS = 80

let folder = ''
let path = ''
const open: WatchedFile[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-watch-'))
  path = join(folder, 'file.json')
})
afterEach(async () => {
  for (const watched of open.splice(0)) await watched.close()
  await rm(folder, { recursive: true, force: true })
})

/** Also on a machine that has much else to do. */
function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, 5000)
}

interface Told {
  readonly watched: WatchedFile
  /** JSON values and, as `!`, problems, in the order they were told. */
  readonly told: unknown[]
}

/** Polls seldom, so that a test which sees a change has seen it by the system's notice. */
async function follow(options: Partial<WatchFileOptions<unknown>> = {}): Promise<Told> {
  const told: unknown[] = []
  const watched = await watchFile<unknown>(path, {
    parse: text => (text === undefined ? 'nothing' : (JSON.parse(text) as unknown)),
    onLoad: value => told.push(value),
    onProblem: error => told.push(`! ${error instanceof Error ? error.message : 'no error'}`),
    settleMs: SETTLE_MS,
    graceMs: GRACE_MS,
    pollMs: 60_000,
    ...options
  })
  open.push(watched)
  return { watched, told }
}

function problem(message: string): unknown {
  return expect.stringMatching(`^! .*${message}`)
}

/** Polling cannot tell a thing that never comes from one that comes late: this waits for longer than it would take. */
async function quiet(): Promise<void> {
  await sleep(3 * SETTLE_MS + 2 * GRACE_MS)
}

describe('A watched file', () => {
  it('is told when it is opened, and each time it says something new', async () => {
    writeFileSync(path, '1')
    const { told } = await follow()
    expect(told).toEqual([1])
    writeFileSync(path, '2')
    await eventually(() => expect(told).toEqual([1, 2]))
    writeFileSync(path, '3')
    await eventually(() => expect(told).toEqual([1, 2, 3]))
  })

  it('is followed through one rename after another', async () => {
    writeFileSync(path, '0')
    const { told } = await follow()
    for (let n = 1; n <= 5; n++) {
      writeFileSync(`${path}.new`, String(n))
      renameSync(`${path}.new`, path)
      await eventually(() => expect(told.at(-1)).toBe(n))
    }
    expect(told).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('is not told again when it says the same', async () => {
    writeFileSync(path, '1')
    const { told, watched } = await follow()
    writeFileSync(path, '1')
    chmodSync(path, 0o640)
    await watched.refresh()
    expect(told).toEqual([1])
  })

  it('is followed through deletion, and through that of its directory', async () => {
    writeFileSync(path, '1')
    const { told } = await follow({ pollMs: 20 })
    rmSync(path)
    await eventually(() => expect(told).toEqual([1, 'nothing']))
    writeFileSync(path, '2')
    await eventually(() => expect(told.at(-1)).toBe(2))
    rmSync(folder, { recursive: true })
    await eventually(() => expect(told.at(-1)).toBe('nothing'))
    mkdirSync(folder)
    writeFileSync(path, '3')
    await eventually(() => expect(told.at(-1)).toBe(3))
  })

  it('is followed by notice also in a directory that takes the place of the one that was watched', async () => {
    writeFileSync(path, '1')
    const { told, watched } = await follow()
    // On many file systems the new one gets the inode of the old.
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
    await eventually(() => expect(told).toEqual([1, 'nothing']))
    await watched.refresh()
    writeFileSync(path, '2')
    await eventually(() => expect(told).toEqual([1, 'nothing', 2]))
  })

  it('may come later, together with its directory', async () => {
    path = join(folder, 'a', 'b', 'file.json')
    const { told } = await follow({ pollMs: 20 })
    expect(told).toEqual(['nothing'])
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    writeFileSync(path, '1')
    await eventually(() => expect(told).toEqual(['nothing', 1]))
  })

  it('is not missed for the moment in which an editor replaces it by deleting it', async () => {
    writeFileSync(path, '1')
    const { told } = await follow()
    rmSync(path)
    await sleep(2 * SETTLE_MS)
    writeFileSync(path, '2')
    await eventually(() => expect(told).toEqual([1, 2]))
  })

  it('is followed through links that are swapped, as Kubernetes swaps them', async () => {
    const version = (n: number): void => {
      mkdirSync(join(folder, `..${n}`))
      writeFileSync(join(folder, `..${n}`, 'file.json'), String(n))
      symlinkSync(`..${n}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    version(1)
    symlinkSync('..data/file.json', path)
    const { told } = await follow()
    for (let n = 2; n <= 4; n++) {
      version(n)
      rmSync(join(folder, `..${n - 1}`), { recursive: true })
      await eventually(() => expect(told.at(-1)).toBe(n))
    }
    expect(told).toEqual([1, 2, 3, 4])
  })

  it('is followed where a link leads', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    const target = join(folder, 'elsewhere', 'other.json')
    writeFileSync(target, '1')
    symlinkSync(target, path)
    const { told } = await follow()
    writeFileSync(target, '2')
    await eventually(() => expect(told).toEqual([1, 2]))
    writeFileSync(`${target}.new`, '3')
    renameSync(`${target}.new`, target)
    await eventually(() => expect(told).toEqual([1, 2, 3]))
  })

  it('is looked at from time to time where no notice comes', async () => {
    // The link to the directory is swapped, of which neither watched directory hears.
    mkdirSync(join(folder, '1'))
    mkdirSync(join(folder, '2'))
    writeFileSync(join(folder, '1', 'file.json'), '1')
    writeFileSync(join(folder, '2', 'file.json'), '2')
    mkdirSync(join(folder, 'links'))
    symlinkSync(join(folder, '1'), join(folder, 'links', 'current'))
    path = join(folder, 'links', 'current', 'file.json')
    const { told } = await follow({ pollMs: 20 })
    symlinkSync(join(folder, '2'), join(folder, 'links', 'new'))
    renameSync(join(folder, 'links', 'new'), join(folder, 'links', 'current'))
    await eventually(() => expect(told).toEqual([1, 2]))
  })
})

describe('A file that is being written', () => {
  it('is waited for, and its halves are never told, not even as problems', async () => {
    writeFileSync(path, '[0,0]')
    const { told } = await follow()
    for (let n = 1; n <= 5; n++) {
      truncateSync(path)
      await sleep(SETTLE_MS / 2)
      writeFileSync(path, `[${n},`)
      await sleep(SETTLE_MS * 2)
      writeFileSync(path, `[${n},${n}]`)
      await eventually(() => expect(told).toHaveLength(n + 1))
    }
    expect(told).toEqual([0, 1, 2, 3, 4, 5].map(n => [n, n]))
  })

  it('is told whole also when its halves would do', async () => {
    writeFileSync(path, 'abc')
    const { told } = await follow({ parse: text => text, settleMs: 250 })
    for (const half of ['', 'd', 'de']) {
      writeFileSync(path, half)
      await sleep(20)
    }
    writeFileSync(path, 'def')
    await eventually(() => expect(told).toHaveLength(2))
    expect(told).toEqual(['abc', 'def'])
  })

  it('is told as a problem, once, when it stays unusable; and when it is mended', async () => {
    writeFileSync(path, '1')
    const { told, watched } = await follow()
    writeFileSync(path, '[1')
    await eventually(() => expect(told).toEqual([1, problem('JSON')]))
    await watched.refresh()
    await quiet()
    expect(told).toHaveLength(2)
    writeFileSync(path, '1')
    await eventually(() => expect(told).toEqual([1, problem('JSON'), 1]))
  })

  it('is given up on for now when it never stays the same, and looked at again', async () => {
    writeFileSync(path, '0')
    const writing = new AbortController()
    const write = async (): Promise<void> => {
      for (let n = 0; !writing.signal.aborted; n++) {
        writeFileSync(path, String(n))
        await sleep(2)
      }
      writeFileSync(path, '"done"')
    }
    const written = write()
    const { told, watched } = await follow()
    expect(told).toEqual([problem('changes all the time')])
    await watched.refresh()
    expect(told).toHaveLength(1)
    writing.abort()
    await written
    await eventually(() => expect(told.at(-1)).toBe('done'))
  })
})

describe('A file that cannot be read', () => {
  it.each<[string, () => void, string]>([
    ['is a directory', () => mkdirSync(path), 'is no file'],
    ['is a pipe nobody writes to', () => execFileSync('mkfifo', [path]), 'is no file'],
    ['is a link to itself', () => symlinkSync(path, path), 'ELOOP'],
    ['is no text', () => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])), 'UTF-8'],
    ['is larger than is read', () => writeFileSync(path, '1'.repeat(1001)), 'has 1001 bytes, and 1000 at most']
  ])('as it %s is told as a problem, and followed on', async (_, make, message) => {
    make()
    const { told } = await follow({ maxBytes: 1000 })
    expect(told).toEqual([problem(message)])
    rmSync(path, { recursive: true })
    writeFileSync(path, '1')
    await eventually(() => expect(told.at(-1)).toBe(1))
  })

  it('is not read when it is a hundred megabytes', async () => {
    writeFileSync(path, '')
    truncateSync(path, 100 * 1024 * 1024)
    const before = process.memoryUsage().arrayBuffers
    const { told } = await follow()
    expect(told).toEqual([problem('has 104857600 bytes, and 16777216 at most')])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
  })

  it('leaves in force what was told before, and names the code and the file', async () => {
    const problems: unknown[] = []
    writeFileSync(path, '1')
    const { told } = await follow({ onProblem: error => problems.push(error), maxBytes: 10 })
    writeFileSync(path, '1'.repeat(11))
    await eventually(() => expect(problems).toHaveLength(1))
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'CONFIG_UNREADABLE',
        message: expect.stringContaining(`${path} has 11 bytes`) as string
      })
    ])
    expect(told).toEqual([1])
  })
})

describe('Writing through a watched file', () => {
  it('is not told as a change, and what others write after it is', async () => {
    writeFileSync(path, '1')
    const { told, watched } = await follow()
    await watched.write('2')
    expect(readFileSync(path, 'utf8')).toBe('2')
    await quiet()
    expect(told).toEqual([1])
    writeFileSync(path, '1')
    await eventually(() => expect(told).toEqual([1, 1]))
  })

  it('leaves nothing but the file behind, also when it fails', async () => {
    const { watched } = await follow()
    await watched.write('1')
    expect(await readdir(folder)).toEqual(['file.json'])
    rmSync(path)
    mkdirSync(join(path, 'in the way'), { recursive: true })
    await expect(watched.write('2')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(await readdir(folder)).toEqual(['file.json'])
  })

  it('replaces what a link leads to, and leaves the link', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    const target = join(folder, 'elsewhere', 'other.json')
    writeFileSync(target, '1')
    symlinkSync(target, path)
    const { told, watched } = await follow()
    await watched.write('2')
    expect(readFileSync(target, 'utf8')).toBe('2')
    await quiet()
    expect(told).toEqual([1])
  })
})

describe('replaceFile', () => {
  it('gives the rights that were asked for, whatever the mask of the process', async () => {
    await replaceFile(path, 'x', 0o666)
    expect(statSync(path).mode & 0o777).toBe(0o666)
  })

  it('makes a file for its owner only, and leaves the rights of one that is there', async () => {
    await replaceFile(path, 'x')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(path, 0o640)
    await replaceFile(path, 'y')
    expect(statSync(path).mode & 0o777).toBe(0o640)
  })

  it.runIf(process.getuid?.() === 0)('leaves a file to its owner', async () => {
    writeFileSync(path, 'x')
    chownSync(path, 1234, 5678)
    await replaceFile(path, 'y')
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 5678 })
  })
})

describe('watchFile', () => {
  it('ends with its signal, and does not begin with one that has ended', async () => {
    const controller = new AbortController()
    writeFileSync(path, '1')
    const { told } = await follow({ signal: controller.signal })
    controller.abort(new Error('enough'))
    writeFileSync(path, '2')
    await quiet()
    expect(told).toEqual([1])
    await expect(follow({ signal: controller.signal })).rejects.toThrow('enough')
  })

  it('can be closed while it waits, and twice', async () => {
    writeFileSync(path, '1')
    utimesSync(path, 1, 1)
    const { told, watched } = await follow({ settleMs: 60_000, graceMs: 60_000 })
    writeFileSync(path, '2')
    await sleep(50)
    await watched.close()
    await watched.close()
    expect(told).toEqual([1])
  })
})
