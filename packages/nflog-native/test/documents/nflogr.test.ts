import { compileFunction } from 'node:vm'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LoggedPacket, NflogError, type NflogOptions, type NflogSocket, openNflog } from '../../src/index.js'
import { createFakeNflog } from '../../src/testing/index.js'
import { udpDatagram } from '../contract/udp-datagram.js'
import { chain, logRules, sendUdp, take } from '../integration/kernel.js'
import { codeOf, page, tableRows } from './markdown.js'

const path = 'docs/coming-from-nflogr.md'
const group = 4411

// What nflogr has, from its documentation and its source.
const names = {
  options: ['timeout', 'qthresh', 'rcvbuf', 'nlbuf', 'enobufs', 'copymode'],
  functions: ['open(5)'],
  methods: ['queue()', 'queue(False)', 'next()', 'next(False)', 'for packet in', 'loop(fn)', 'loop(fn, 2)', 'close()'],
  more: ['with open', 'getfd()', 'fileno()', 'getgroup()', 'queued', 'len(handle)', 'rcvbuf =', 'drops', 'drops = 0'],
  hooks: ['_from_iter()', '_raw', '_recv_raw()', '_get_raw()', 'pickle'],
  attributes: ['proto', 'hwtype', 'nfmark', 'timestamp', 'indev', 'physindev', 'outdev', 'physoutdev', 'uid', 'gid'],
  bytes: ['hwaddr', 'hwhdr', 'payload', 'prefix', 'dict(packet)'],
  exceptions: [
    'NflogError',
    'NflogRetryError',
    'NflogDroppedError',
    'NflogClosedError',
    'PermissionError',
    'ValueError'
  ],
  constants: ['COPY_NONE', 'COPY_META', 'COPY_PACKET', 'ENOBUFS_RAISE', 'ENOBUFS_HANDLE', 'ENOBUFS_DISABLE'],
  tables: ['PROTO_*', 'HWTYPE_*']
}

interface Kernel {
  openNflog(options: NflogOptions): NflogSocket
  log(...texts: string[]): Promise<void>
  /** What packets of this kernel say beside their text. */
  readonly expected: Partial<LoggedPacket>
}

/** What the code of a row can name, and what a proof looks at. */
interface Scene {
  readonly kernel: Kernel
  readonly socket: NflogSocket
  readonly packet: LoggedPacket
  error: unknown
  readonly seen: LoggedPacket[]
}

interface Proof {
  /** Brings about what the row's code is for. */
  before?(scene: Scene): unknown
  /** Judges what the row's code gave. */
  check(value: unknown, scene: Scene): unknown
}

const text = (packet: unknown): string => Buffer.from((packet as LoggedPacket).payload.subarray(28)).toString()

function opens(settings: object): Proof {
  return {
    before: scene => scene.socket.close(),
    check: async value => {
      const opened = value as NflogSocket
      expect(opened.settings).toMatchObject(settings)
      await opened.close()
    }
  }
}

function reads(name: keyof LoggedPacket, otherwise?: unknown): Proof {
  return { check: (value, { kernel }) => expect(value).toEqual(kernel.expected[name] ?? otherwise) }
}

const is = (expected: unknown): Proof => ({ check: value => expect(value).toEqual(expected) })
const plain: Proof = { check: (value, { packet }) => expect(value).toEqual({ ...packet.toJSON() }) }

function caught(cause: (scene: Scene) => unknown): Proof {
  return {
    before: async scene => {
      try {
        await cause(scene)
      } catch (error) {
        scene.error = error
      }
    },
    check: value => expect(value).toBe(true)
  }
}

const overrunSocket = { groups: group, overrun: 'throw', queueThreshold: 1, receiveBufferBytes: 8192 } as const

async function overrun({ kernel, socket }: Scene): Promise<void> {
  await socket.close()
  await using small = kernel.openNflog({ ...overrunSocket, receiveBufferMaxBytes: 8192 })
  await kernel.log(...Array.from({ length: 300 }, () => 'x'))
  for await (const packet of small) expect(packet.group).toBe(group)
}

/** Logs, and closes so that the loop of the row ends. */
const logTwoAndClose = async ({ kernel, socket }: Scene): Promise<void> => {
  await kernel.log('a', 'b')
  await socket.close()
}
const sawBoth: Proof = { before: logTwoAndClose, check: (_, { seen }) => expect(seen.map(text)).toEqual(['a', 'b']) }
const logOne = ({ kernel }: Scene): Promise<void> => kernel.log('a')
const ended: Proof['check'] = async (_, { socket, kernel }) => {
  await socket.close()
  expect(socket.fd).toBeUndefined()
  await kernel.openNflog({ groups: group }).close()
}

const proofs: Record<string, Proof> = {
  'open(5)': opens({ groups: [group] }),
  'open(5, timeout=0.29)': opens({ flushMs: 290 }),
  'open(5, qthresh=64)': opens({ queueThreshold: 64 }),
  'open(5, rcvbuf=100000)': opens({ receiveBufferBytes: 100_000 }),
  'open(5, nlbuf=65536)': opens({ netlinkBufferBytes: 65536 }),
  'open(5, enobufs=ENOBUFS_RAISE)': opens({ overrun: 'throw' }),
  'open(5, enobufs=ENOBUFS_HANDLE)': opens({ overrun: 'count' }),
  'open(5, enobufs=ENOBUFS_DISABLE)': opens({ overrun: 'ignore' }),
  'open(5, copymode=COPY_PACKET)': opens({ copyBytes: 65531 }),
  'open(5, copymode=COPY_META)': opens({ copyBytes: 0 }),
  'open(5, copymode=COPY_NONE)': opens({ copyBytes: 0 }),

  'handle.next()': { before: logOne, check: value => expect(text(value)).toBe('a') },
  'handle.next(False)': { before: logOne, check: value => expect(text(value)).toBe('a') },
  'handle.queue()': { before: logOne, check: value => expect(value).toBe(1) },
  'handle.queue(False)': { before: ({ kernel }) => kernel.log('a', 'b', 'c'), check: value => expect(value).toBe(3) },
  'for packet in handle': sawBoth,
  'handle.loop(fn)': sawBoth,
  'handle.loop(fn, 2)': {
    before: ({ kernel }) => kernel.log('a', 'b', 'c'),
    check: (_, { seen, socket }) => {
      expect(seen.map(text)).toEqual(['a', 'b'])
      expect(text(socket.tryRead())).toBe('c')
    }
  },

  'handle.close()': { check: ended },
  'with open(5) as handle': { check: ended },
  'handle.getfd()': { check: value => expect(value).toBeTypeOf('number') },
  'handle.fileno()': { before: ({ socket }) => socket.close(), check: value => expect(value).toBeUndefined() },
  'handle.getgroup()': is([group]),
  'handle.queued': { before: logTwoAndClose, ...is(true) },
  'len(handle)': { before: logTwoAndClose, ...is(2) },
  'handle.rcvbuf': { before: ({ socket }) => socket.configure({ receiveBufferBytes: 90_000 }), ...is(90_000) },
  'handle.rcvbuf = 100000': { check: (_, { socket }) => expect(socket.stats.receiveBufferBytes).toBe(100_000) },
  'handle.drops': is(0),
  'handle.drops = 0': {
    check: (_, { socket }) => expect(socket.stats).toMatchObject({ packets: 0, overruns: 0, lost: 0 })
  },
  'handle._from_iter()': { check: value => expect((value as NflogSocket).groups).toEqual([group]) },
  'handle._raw': plain,
  'handle._recv_raw()': plain,
  'packet._get_raw()': plain,
  'pickle.dumps(packet)': plain,

  'packet.proto': reads('etherType'),
  'packet.hwtype': reads('hwType'),
  'packet.nfmark': reads('mark', 0),
  'packet.timestamp': { check: value => expect(Math.abs(Number(value) - Date.now() / 1000)).toBeLessThan(5) },
  'packet.indev': reads('inDevice'),
  'packet.physindev': reads('physInDevice'),
  'packet.outdev': reads('outDevice'),
  'packet.physoutdev': reads('physOutDevice'),
  'packet.uid': reads('uid'),
  'packet.gid': reads('gid'),
  'packet.hwaddr': reads('hwAddress'),
  'packet.hwhdr': { check: (value, { packet }) => expect(value).toEqual(packet.toJSON().hwHeader) },
  'packet.payload': { check: (_, { packet }) => expect(text(packet)).toBe('scene') },
  'packet.prefix': reads('prefix'),
  'dict(packet)': plain,

  NflogError: caught(({ kernel }) => kernel.openNflog({ groups: group })),
  NflogRetryError: { before: logOne, check: value => expect(value).toMatchObject({ done: false }) },
  NflogDroppedError: caught(overrun),
  NflogClosedError: { before: ({ socket }) => socket.close(), ...is(true) },
  PermissionError: caught(({ kernel }) => kernel.openNflog({ groups: group })),
  ValueError: caught(({ kernel }) => kernel.openNflog({ groups: 65536 })),

  COPY_NONE: { check: value => opensWith({ copyBytes: value }) },
  COPY_META: { check: value => opensWith({ copyBytes: value }) },
  COPY_PACKET: { check: value => opensWith({ copyBytes: value }) },
  ENOBUFS_RAISE: { check: value => opensWith({ overrun: value }) },
  ENOBUFS_HANDLE: { check: value => opensWith({ overrun: value }) },
  ENOBUFS_DISABLE: { check: value => opensWith({ overrun: value }) },
  'PROTO_*': is(true),
  'HWTYPE_*': is(true)
}

async function opensWith(options: object): Promise<void> {
  const opened = createFakeNflog().openNflog({ groups: group, ...options })
  expect(opened.settings).toMatchObject(options)
  await opened.close()
}

const rows = tableRows(page(path)).map(([nflogr, here]) => ({ nflogr: codeOf(nflogr), here: codeOf(here) }))

describe('the table for people who come from nflogr', () => {
  it('has a row for everything that nflogr has', () => {
    const missing = Object.values(names)
      .flat()
      .filter(name => !rows.some(({ nflogr }) => nflogr.includes(name)))
    expect(missing).toEqual([])
  })

  it('has a proof for each row, and none for a row that is gone', () => {
    expect(rows.map(({ nflogr }) => nflogr)).toEqual(Object.keys(proofs))
  })
})

function runsEachRow(make: () => Kernel & Disposable): void {
  let kernel: Kernel & Disposable
  let scene: Scene
  beforeEach(async () => {
    kernel = make()
    const socket = kernel.openNflog({ groups: group, queueThreshold: 1 })
    await kernel.log('scene')
    const [packet] = await take(socket, 1)
    if (!packet) throw new Error('no packet was logged')
    scene = { kernel, socket, packet, error: undefined, seen: [] }
  })
  afterEach(async () => {
    await scene.socket.close()
    kernel[Symbol.dispose]()
  })

  it.each(rows)('$nflogr → $here', async ({ nflogr, here }) => {
    const proof = proofs[nflogr]
    await proof?.before?.(scene)
    const value = await runRow(here, scene)
    await proof?.check(value, scene)
  })
}

/** Runs the code of a row: an expression, or statements. */
async function runRow(code: string, { kernel, socket, packet, error, seen }: Scene): Promise<unknown> {
  const see = (packet: LoggedPacket): unknown => seen.push(packet)
  const environment = {
    openNflog: (options: NflogOptions) => kernel.openNflog(options),
    createFakeNflog,
    NflogError,
    socket,
    packet,
    error,
    fn: see,
    use: see
  }
  const body = /^(for|let) /.test(code) ? code : `return (${code})`
  const source = `return (async () => { ${body.replace('groups: 5', `groups: ${group}`)} })()`
  const run = compileFunction(source, Object.keys(environment)) as (...values: unknown[]) => Promise<unknown>
  return run(...Object.values(environment))
}

describe('each row, on the fake,', () => {
  runsEachRow(() => {
    const fake = createFakeNflog()
    const device = { inDevice: 'lo', hwType: 772, hwHeader: new Uint8Array(14), hwAddress: new Uint8Array(6) }
    const other = { outDevice: 'eth0', physInDevice: 'port1', physOutDevice: 'port2', uid: 1000, gid: 100 }
    const packet = { group, prefix: 'row ', mark: 7, ...device, ...other }
    return {
      openNflog: fake.openNflog,
      log: async (...texts) => {
        const timestampUs = Date.now() * 1000
        for (const text of texts) fake.log({ ...packet, timestampUs, payload: udpDatagram(group, text) })
      },
      expected: { ...packet, etherType: 0x0800 },
      [Symbol.dispose]: () => undefined
    }
  })
})

describeWithKernel('each row, on the kernel,', () => {
  runsEachRow(() => {
    const rule = `udp dport ${group} meta mark set 7 log prefix "row " group ${group}`
    const rules = logRules('inet nflog_nflogr', chain('input', rule))
    return {
      openNflog,
      log: (...texts) => sendUdp('127.0.0.1', group, ...texts),
      expected: {
        prefix: 'row ',
        mark: 7,
        etherType: 0x0800,
        inDevice: 'lo',
        hwType: 772,
        hwAddress: new Uint8Array(6)
      },
      [Symbol.dispose]: () => rules[Symbol.dispose]()
    }
  })
})
