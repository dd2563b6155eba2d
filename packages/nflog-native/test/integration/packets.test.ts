import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { expect, it } from 'vitest'
import { type NflogSocket, openNflog } from '../../src/index.js'
import { chain, drain, fileOf, logRules, run, sendUdp, take, udpText } from './kernel.js'

const port = 4101
const table = 'inet nflog_packets'

function scratchFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'nflog-packets-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

describeWithKernel('packets from the kernel', () => {
  it('come with everything an input rule knows, over IPv4 and IPv6', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} meta mark set 7 log prefix "lan:in " group 4101`))
    await using socket = openNflog({ groups: 4101 })
    const before = Date.now() * 1000
    await sendUdp('127.0.0.1', port, 'four')
    await sendUdp('::1', port, 'six')
    const [four, six] = await take(socket, 2)
    expect(four?.toJSON()).toMatchObject({
      group: 4101,
      prefix: 'lan:in ',
      family: 2,
      etherType: 0x0800,
      hook: 1,
      mark: 7,
      timestampSource: 'kernel',
      inDevice: 'lo',
      inIndex: 1,
      hwType: 772,
      hwAddress: new Uint8Array(6),
      seq: 0,
      originalLength: 32
    })
    expect(four?.toJSON()).not.toHaveProperty('outDevice')
    expect(four?.hwHeader?.length).toBe(14)
    expect(four?.timestampUs).toBeGreaterThanOrEqual(before - 1000)
    expect(four?.timestampUs).toBeLessThan(Date.now() * 1000 + 1_000_000)
    expect(four && udpText(four)).toBe('four')
    expect(six).toMatchObject({ family: 10, etherType: 0x86dd, seq: 1, originalLength: 51 })
    expect(six && udpText(six)).toBe('six')
  })

  it('take the time of reading where the kernel gives none, as in output', async () => {
    using _ = logRules(table, chain('output', `udp dport ${port} log prefix "out" group 4102`))
    await using socket = openNflog({ groups: 4102 })
    const before = Date.now() * 1000
    await sendUdp('127.0.0.1', port, 'x')
    const [packet] = await take(socket, 1)
    expect(packet).toMatchObject({ hook: 3, outDevice: 'lo', timestampSource: 'receive', uid: 0, gid: 0 })
    expect(packet?.inDevice).toBeUndefined()
    expect(packet?.timestampUs).toBeGreaterThanOrEqual(before - 1000)
  })

  it('of two groups arrive on one socket, each with its own sequence', async () => {
    const rules = [`udp dport ${port} log group 4103`, `udp dport ${port} log prefix "second" group 4104`]
    using _ = logRules(table, chain('input', ...rules))
    await using socket = openNflog({ groups: [4103, 4104], sequence: 'global' })
    expect(socket.groups).toEqual([4103, 4104])
    await sendUdp('127.0.0.1', port, 'a', 'b')
    const packets = await take(socket, 4)
    for (const group of [4103, 4104]) {
      const own = packets.filter(packet => packet.group === group)
      expect(own.map(packet => [packet.seq, packet.prefix, udpText(packet)])).toEqual([
        [0, group === 4103 ? '' : 'second', 'a'],
        [1, group === 4103 ? '' : 'second', 'b']
      ])
    }
    const global = packets.map(packet => packet.seqGlobal ?? 0).sort((a, b) => a - b)
    expect(global.map(number => number - (global[0] ?? 0))).toEqual([0, 1, 2, 3])
  })

  it('are cut at copyBytes, and carry no payload with 0', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4105`))
    await using socket = openNflog({ groups: 4105, copyBytes: 30 })
    await sendUdp('127.0.0.1', port, 'hello')
    const [cut] = await take(socket, 1)
    expect(cut && udpText(cut)).toBe('he')
    expect(cut?.originalLength).toBe(33)
    socket.configure({ copyBytes: 0 })
    await sendUdp('127.0.0.1', port, 'hello')
    const [none] = await take(socket, 1)
    expect(none?.payload.length).toBe(0)
    expect(none?.etherType).toBe(0x0800)
    expect(none?.originalLength).toBeUndefined()
  })

  it('of 60,000 bytes arrive whole and in number', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4106`))
    await using socket = openNflog({ groups: 4106, netlinkBufferBytes: 131072 })
    const payloads = Array.from({ length: 40 }, (_, i) => new Uint8Array(60_000).fill(i))
    await sendUdp('127.0.0.1', port, ...payloads)
    const packets = await take(socket, 40)
    expect(packets.map(packet => packet.payload.length)).toEqual(Array.from({ length: 40 }, () => 60_028))
    expect(packets.map(packet => packet.payload.at(-1))).toEqual(payloads.map(payload => payload[0]))
    expect(socket.stats).toMatchObject({ packets: 40, truncatedDatagrams: 0, malformed: 0, lost: 0 })
  })

  it('keep the bytes of a prefix that is not UTF-8', async () => {
    const invalid = Buffer.concat([Buffer.from('a'), Buffer.from([0xe2, 0x82]), Buffer.from('z')])
    const text = `table ${table} {\n${chain('input', `udp dport ${port} log prefix "PREFIX" group 4107`)}\n}\n`
    const ruleset = Buffer.from(text.replace('PREFIX', invalid.toString('latin1')), 'latin1')
    run('nft', ['-f', '-'], ruleset)
    using _ = { [Symbol.dispose]: () => run('nft', ['delete', 'table', ...table.split(' ')]) }
    await using socket = openNflog({ groups: 4107 })
    await sendUdp('127.0.0.1', port, 'x')
    const [packet] = await take(socket, 1)
    expect(packet?.prefix).toBe('a\ufffd\ufffdz')
    expect(Buffer.from(packet?.prefixBytes ?? [])).toEqual(invalid)
  })

  it('carry the whole link-layer header at ingress of a device', async () => {
    run('ip', ['link', 'add', 'nfl-a', 'type', 'veth', 'peer', 'name', 'nfl-b'])
    using _ = { [Symbol.dispose]: () => run('ip', ['link', 'delete', 'nfl-a']) }
    for (const device of ['nfl-a', 'nfl-b']) run('ip', ['link', 'set', device, 'up'])
    run('ip', ['address', 'add', '10.41.0.1/24', 'dev', 'nfl-a'])
    run('ip', ['neighbour', 'add', '10.41.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'nfl-a'])
    const rule = 'ip protocol udp log prefix "ingress" group 4108'
    const ingress = `chain in {\ntype filter hook ingress device nfl-b priority 0\n${rule}\n}`
    using _rules = logRules('netdev nflog_packets', ingress)
    await using socket = openNflog({ groups: 4108 })
    await sendUdp('10.41.0.2', port, 'frame')
    const [packet] = await take(socket, 1)
    expect(packet).toMatchObject({ family: 5, hook: 0, inDevice: 'nfl-b', hwType: 1 })
    expect(packet?.vlan).toBeUndefined()
    expect(packet?.l2Header?.length).toBe(14)
    expect(packet?.l2Header?.subarray(0, 6)).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 2))
    expect(packet?.hwAddress).toEqual(packet?.l2Header?.slice(6, 12))
    expect(packet && udpText(packet)).toBe('frame')
  })

  it('carry bridge ports, link-layer headers and VLAN tags, and begin with the network header, at each hook', async () => {
    using folder = scratchFolder()
    const sendFrames = join(folder.path, 'send-frames')
    run(process.env['CXX'] ?? 'c++', ['-std=c++17', '-o', sendFrames, fileOf('../fixtures/send-frames.cc')])
    run('ip', ['link', 'add', 'nfl-bridge', 'type', 'bridge'])
    using _links = {
      [Symbol.dispose]: () => {
        for (const device of ['nfl-bridge', 'nfl-1', 'nfl-2']) run('ip', ['link', 'delete', device])
      }
    }
    for (const n of [1, 2]) {
      run('ip', ['link', 'add', `nfl-${n}`, 'type', 'veth', 'peer', 'name', `nfl-${n}p`])
      run('ip', ['link', 'set', `nfl-${n}`, 'master', 'nfl-bridge', 'up'])
      run('ip', ['link', 'set', `nfl-${n}p`, 'up'])
    }
    run('ip', ['link', 'set', 'nfl-bridge', 'up'])
    const isForwarding = (n: number): boolean =>
      run('ip', ['-d', 'link', 'show', `nfl-${n}`]).includes('state forwarding')
    await expect.poll(() => isForwarding(1) && isForwarding(2)).toBe(true)
    const rule = (prefix: string): string => `meta protocol != ip6 log prefix "${prefix}" group 4113`
    const at = (hook: string, device: string): string =>
      `chain ${hook} {\ntype filter hook ${hook} device ${device} priority 0\n${rule(hook)}\n}`
    using _bridge = logRules('bridge nflog_packets', chain('forward', rule('forward')))
    using _netdev = logRules('netdev nflog_packets', `${at('egress', 'nfl-1p')}\n${at('ingress', 'nfl-2p')}`)
    await using socket = openNflog({ groups: 4113 })

    const addresses = '0200000000bb0200000000aa'
    const ip = '4500002000010000401166b60a0900020a090003' + '00070009000c000074657374'
    run(sendFrames, [
      'nfl-1p',
      `${addresses}0800${ip}`,
      `${addresses}810060070800${ip}`,
      `${addresses}88a820090800${ip}`
    ])
    const packets = await take(socket, 9)
    const common = { etherType: 0x0800, payload: Uint8Array.from(Buffer.from(ip, 'hex')), originalLength: 32 }
    for (const [i, vlan] of [
      undefined,
      { protocol: 0x8100, tci: 0x6007 },
      { protocol: 0x88a8, tci: 0x2009 }
    ].entries()) {
      const [egress, forward, ingress] = ['egress', 'forward', 'ingress'].map(
        prefix => packets.filter(packet => packet.prefix === prefix)[i]
      )
      for (const packet of [egress, forward, ingress]) {
        expect(packet).toMatchObject(common)
        expect(packet?.vlan).toEqual(vlan)
      }
      expect(egress).toMatchObject({ family: 5, hook: 1, outDevice: 'nfl-1p' })
      const header = { hwType: 1, hwAddress: Uint8Array.of(2, 0, 0, 0, 0, 0xaa) }
      const l2Header = Uint8Array.from(Buffer.from(`${addresses}0800`, 'hex'))
      expect(forward).toMatchObject({ family: 7, hook: 2, ...header, l2Header, hwHeader: l2Header })
      expect(forward).toMatchObject({ inDevice: 'nfl-bridge', physInDevice: 'nfl-1', physOutDevice: 'nfl-2' })
      expect(ingress).toMatchObject({ family: 5, hook: 0, inDevice: 'nfl-2p', ...header, l2Header })
    }
    expect(socket.stats.malformed).toBe(0)
  })

  it('name their connection where the kernel can, and say what is missing where it cannot', async () => {
    using _ = logRules(
      table,
      chain('input', `udp dport ${port} ct mark set 9`, `udp dport ${port} ct state new,established log group 4114`)
    )
    let socket: NflogSocket
    try {
      socket = openNflog({ groups: 4114, conntrack: true })
    } catch (error) {
      expect(error).toMatchObject({ code: 'NFLOG_IO', osCode: 'ENOTSUP' })
      expect(String(error)).toContain('modprobe nf_conntrack_netlink')
      // A socket that is open already stays as it is.
      await using other = openNflog({ groups: 4114 })
      expect(() => other.configure({ conntrack: true, copyBytes: 0 })).toThrow(/modprobe/)
      expect(other.settings).toMatchObject({ conntrack: false, copyBytes: 65531 })
      return
    }
    await using _socket = socket
    await sendUdp('127.0.0.1', port, 'x')
    const [packet] = await take(socket, 1)
    expect(packet?.conntrack).toMatchObject({
      original: { source: '127.0.0.1', destination: '127.0.0.1', protocol: 17, destinationPort: port },
      reply: { sourcePort: port },
      info: 2,
      mark: 9
    })
  })

  it('have the device name of their time: through rename, deletion and reuse of an index', async () => {
    using _ = logRules(table, chain('output', `udp dport ${port} log group 4109`))
    await using socket = openNflog({ groups: 4109 })
    const nameSeen = async (): Promise<[string | undefined, number | undefined]> => {
      await sendUdp('10.42.0.2', port, 'x')
      const [packet] = await take(socket, 1)
      return [packet?.outDevice, packet?.outIndex]
    }
    const addLink = (name: string): void => {
      run('ip', ['link', 'add', name, 'index', '4200', 'type', 'veth', 'peer', 'name', `${name}p`])
      run('ip', ['link', 'set', name, 'up'])
      run('ip', ['link', 'set', `${name}p`, 'up'])
      run('ip', ['address', 'add', '10.42.0.1/24', 'dev', name])
      run('ip', ['neighbour', 'add', '10.42.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', name])
    }
    addLink('nfl-old')
    expect(await nameSeen()).toEqual(['nfl-old', 4200])
    run('ip', ['link', 'set', 'nfl-old', 'name', 'nfl-new'])
    expect(await nameSeen()).toEqual(['nfl-new', 4200])
    socket.configure({ flushMs: 300 })
    await sendUdp('10.42.0.2', port, 'logged before the deletion')
    run('ip', ['link', 'delete', 'nfl-new'])
    expect((await take(socket, 1))[0]?.outDevice).toBe('nfl-new')
    addLink('nfl-again')
    expect(await nameSeen()).toEqual(['nfl-again', 4200])
    run('ip', ['link', 'delete', 'nfl-again'])
  })

  it('have the device name of their time even when the events about it were too many', async () => {
    using _ = logRules(table, chain('output', `udp dport ${port} log group 4112`))
    run('ip', ['link', 'add', 'nfl-many', 'type', 'veth', 'peer', 'name', 'nfl-peer'])
    using _link = { [Symbol.dispose]: () => run('ip', ['link', 'delete', 'nfl-last']) }
    await using socket = openNflog({ groups: 4112 })
    const lines = Array.from({ length: 400 }, (_, i) => `link set dev nfl-many mtu ${1400 + (i % 2)}`)
    run('ip', ['-batch', '-'], [...lines, 'link set dev nfl-many name nfl-last', ''].join('\n'))
    for (const device of ['nfl-last', 'nfl-peer']) run('ip', ['link', 'set', device, 'up'])
    run('ip', ['address', 'add', '10.44.0.1/24', 'dev', 'nfl-last'])
    run('ip', ['neighbour', 'add', '10.44.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'nfl-last'])
    await sendUdp('10.44.0.2', port, 'x')
    expect((await take(socket, 1))[0]?.outDevice).toBe('nfl-last')
  })

  it('keep their device name when a bridge lets go of the port', async () => {
    using _ = logRules(table, chain('output', `udp dport ${port} log group 4110`))
    run('ip', ['link', 'add', 'nfl-br', 'type', 'bridge'])
    run('ip', ['link', 'add', 'nfl-p', 'type', 'veth', 'peer', 'name', 'nfl-q'])
    using _links = {
      [Symbol.dispose]: () => {
        run('ip', ['link', 'delete', 'nfl-br'])
        run('ip', ['link', 'delete', 'nfl-p'])
      }
    }
    await using socket = openNflog({ groups: 4110 })
    run('ip', ['link', 'set', 'nfl-p', 'master', 'nfl-br'])
    run('ip', ['link', 'set', 'nfl-p', 'nomaster'])
    for (const device of ['nfl-p', 'nfl-q']) run('ip', ['link', 'set', device, 'up'])
    run('ip', ['address', 'add', '10.43.0.1/24', 'dev', 'nfl-p'])
    run('ip', ['neighbour', 'add', '10.43.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'nfl-p'])
    await sendUdp('10.43.0.2', port, 'x')
    expect((await take(socket, 1))[0]?.outDevice).toBe('nfl-p')
  })

  it('that the kernel still holds are delivered by close, and then the iteration ends', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4111`))
    const socket = openNflog({ groups: 4111, flushMs: 60_000 })
    await sendUdp('127.0.0.1', port, 'a', 'b', 'c')
    expect(socket.tryRead()).toBeUndefined()
    await socket.close()
    expect(socket.queued).toBe(3)
    expect((await drain(socket)).map(udpText)).toEqual(['a', 'b', 'c'])
    expect(await drain(socket)).toEqual([])
    await using next = openNflog({ groups: 4111 })
    expect(next.fd).toBeGreaterThan(2)
  })
})
