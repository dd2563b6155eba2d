import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openBench, range, until } from './workbench.js'

/** Prints each datagram's bytes as a line of hexadecimal digits, once it is told to read. */
const program = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
sys.stdin.readline()
while True: print(s.recv(1 << 20).hex(), flush=True)
`

class UnixReceiver implements AsyncDisposable {
  readonly #child: ChildProcess
  #text = ''

  constructor(path: string) {
    this.#child = spawn('python3', ['-c', program, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdout?.on('data', (part: Buffer) => {
      this.#text += part.toString()
    })
  }

  async bound(): Promise<this> {
    await until(() => this.#text.startsWith('bound'), 'the receiver is there')
    return this
  }

  read(): void {
    this.#child.stdin?.write('\n')
  }

  get datagrams(): string[] {
    return this.#text
      .split('\n')
      .slice(1, -1)
      .map(hex => Buffer.from(hex, 'hex').toString())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

const numberOf = (text: string): number | undefined => (JSON.parse(text) as { TCP?: { Seq: number } }).TCP?.Seq

/** RFC 5424 section 6, as strictly as it is written; structured data only where it is nil. */
const syslogMessage =
  /^<(?<priority>[0-9]|[1-9][0-9]{1,2})>1 (?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) (?<host>[!-~]{1,255}) (?<app>[!-~]{1,48}) (?<pid>[!-~]{1,128}) (?<kind>[!-~]{1,32}) - (?<text>.*)$/

function parseSyslog(message: string): Record<string, string> {
  const groups = syslogMessage.exec(message)?.groups
  if (groups === undefined) throw new Error(`no RFC 5424 message: ${message}`)
  return groups
}

const alert = JSON.stringify({
  Topic: 'nft:drop:input',
  RuleId: 'scan',
  Title: 'A port scan',
  Body: 'from afar',
  Severity: 'high'
})

describe('an output to UDP', () => {
  it('sends a datagram per event and leaves out, counted, what is too long for one', async () => {
    const receiver = createSocket('udp4')
    receiver.bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const received: string[] = []
    receiver.on('message', message => received.push(message.toString()))
    await using bench = await openBench(() => [
      { to: 'udp', host: '127.0.0.1', port: receiver.address().port, match: ['nft:>', 'big:>'], maxDatagramBytes: 2000 }
    ])
    for (let i = 0; i < 10; i++) {
      bench.send(20)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    bench.outputs.event('big:one', JSON.stringify('x'.repeat(3000)))
    await until(() => received.length === 200, 'all arrived')
    expect(received.map(numberOf)).toEqual(range(200))
    await bench.close()
    expect(bench.stats()).toMatchObject({ written: 200, skipped: 1, dropped: 0 })
    receiver.close()
  })

  it('is not hindered by a receiver that comes late', async () => {
    const receiver = createSocket('udp4')
    receiver.bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const { port } = receiver.address()
    const closed = once(receiver, 'close')
    receiver.close()
    await closed
    await using bench = await openBench(() => [{ to: 'udp', host: '127.0.0.1', port }])
    for (let i = 0; i < 5; i++) {
      bench.send(5)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const late = createSocket('udp4')
    late.bind(port, '127.0.0.1')
    await once(late, 'listening')
    const received: string[] = []
    late.on('message', message => received.push(message.toString()))
    await until(() => {
      bench.send(1)
      return received.length > 0
    }, 'events arrive')
    late.close()
  })
})

describe('an output to a unix datagram socket', () => {
  it('waits for a receiver that is full, then for one that is gone, and loses nothing that fits its queue', async () => {
    await using bench = await openBench(folder => [{ to: 'unix', type: 'datagram', path: join(folder, 'dgram.sock') }])
    const path = join(bench.folder, 'dgram.sock')
    bench.send(500)
    await until(() => bench.stats().failures > 0, 'nobody was there')
    await using receiver = await new UnixReceiver(path).bound()
    await until(() => bench.stats().isOpen, 'somebody is there')
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(bench.stats().written).toBeLessThan(500)
    receiver.read()
    await until(() => receiver.datagrams.length === 500, 'all arrived')
    expect(receiver.datagrams.map(numberOf)).toEqual(range(500))
    expect(bench.stats()).toMatchObject({ written: 500, dropped: 0, skipped: 0 })
  })

  it('lets the oldest go while the receiver is full, and tells how many', async () => {
    await using bench = await openBench(folder => [
      { to: 'unix', type: 'datagram', path: join(folder, 'dgram.sock'), queueBytes: 65_536 }
    ])
    await using receiver = await new UnixReceiver(join(bench.folder, 'dgram.sock')).bound()
    await until(() => bench.stats().isOpen, 'somebody is there')
    bench.send(2000)
    receiver.read()
    await until(() => bench.stats().queuedBytes === 0, 'the rest is sent')
    await until(() => receiver.datagrams.length === bench.stats().written + 1, 'the rest arrived')
    const events = receiver.datagrams.map(text => JSON.parse(text) as { Topic?: string; Value?: { lost: number } })
    expect(events.filter(({ Topic }) => Topic === 'output:gap').map(({ Value }) => Value?.lost)).toEqual([
      bench.stats().dropped
    ])
    expect(bench.stats().dropped + bench.stats().written).toBe(2000)
  })
})

describe('an output to syslog', () => {
  it('writes RFC 5424 to the socket of a local daemon', async () => {
    await using bench = await openBench(folder => [
      { to: 'syslog', path: join(folder, 'log'), facility: 'local3', appName: 'firewall', match: ['nft:>', 'alert:>'] }
    ])
    await using receiver = await new UnixReceiver(join(bench.folder, 'log')).bound()
    receiver.read()
    bench.send(1)
    bench.outputs.event('alert:nft:drop:input:scan', alert)
    await until(() => receiver.datagrams.length === 2, 'both arrived')
    const [packet = {}, raised = {}] = receiver.datagrams.map(parseSyslog)
    expect(packet).toMatchObject({
      priority: String(19 * 8 + 4),
      time: '2026-01-01T00:00:00.000000Z',
      app: 'firewall',
      pid: String(process.pid),
      kind: 'packet'
    })
    expect(packet['text']).toMatch(/blocked drop:input .*TCP +10\.0\.0\.1:40000 → 10\.0\.0\.2:80 SYN$/)
    expect(raised).toMatchObject({ priority: String(19 * 8 + 3), kind: 'event' })
    expect(raised['text']).toMatch(/ alert {3}A port scan: from afar$/)
  })

  it('counts octets over TCP, of text beyond ASCII, too', async () => {
    const parts: Buffer[] = []
    const server = createServer(socket => void socket.on('data', (part: Buffer) => parts.push(part)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using bench = await openBench(() => [{ to: 'syslog', transport: 'tcp', host: '127.0.0.1', port }])
    bench.send(300)
    await bench.close()
    const messages: string[] = []
    await until(() => {
      messages.length = 0
      let rest = Buffer.concat(parts)
      while (rest.length > 0) {
        const blank = rest.indexOf(0x20)
        const length = Number(rest.toString('latin1', 0, blank))
        if (!(length > 0) || rest.length < blank + 1 + length) break
        messages.push(rest.toString('utf8', blank + 1, blank + 1 + length))
        rest = rest.subarray(blank + 1 + length)
      }
      return messages.length === 300 && rest.length === 0
    }, 'all arrived, framed')
    expect(messages.every(message => parseSyslog(message)['text']?.includes('→'))).toBe(true)
    server.close()
  })

  it('writes RFC 3164 for journald, and to servers with the name of the machine', async () => {
    const server = createSocket('udp4')
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const received: string[] = []
    server.on('message', message => received.push(message.toString()))
    await using bench = await openBench(folder => [
      { to: 'syslog', rfc: 3164, path: join(folder, 'log') },
      { to: 'syslog', rfc: 3164, transport: 'udp', host: '127.0.0.1', port: server.address().port, hostname: 'router' }
    ])
    await using receiver = await new UnixReceiver(join(bench.folder, 'log')).bound()
    receiver.read()
    bench.send(1)
    await until(() => receiver.datagrams.length === 1 && received.length === 1, 'both arrived')
    const time = String.raw`(Jan  1|Dec 31) \d\d:\d\d:\d\d`
    expect(receiver.datagrams[0]).toMatch(new RegExp(`^<28>${time} packet-logsd\\[${process.pid}\\]: .*10\\.0\\.0\\.2`))
    expect(received[0]).toMatch(new RegExp(`^<28>${time} router packet-logsd\\[${process.pid}\\]: .*10\\.0\\.0\\.2`))
    server.close()
  })
})
