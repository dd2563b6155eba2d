import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { grpcDialect } from '@packet-logs/bus/grpc'
import { formatPacketInfo } from '@packet-logs/decoder'
import { createFilterCompiler } from '@packet-logs/rules'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, waitFor } from '../support/command.js'

const syn = Buffer.from('450000281234400040060000c0a80205080808089c4001bb00000001000000005002faf019740000', 'hex')

describe('packet-logs subscribe', () => {
  let directory: string
  let socket: string
  const commands: Command[] = []

  const start = (...args: string[]): Command => {
    const command = new Command(['subscribe', ...args]).read()
    commands.push(command)
    return command
  }
  const topicsOf = ({ stdout }: Command): readonly string[] => {
    const lines = stdout.split('\n').filter(line => line !== '')
    return lines.map(line => (JSON.parse(line) as { Topic: string }).Topic)
  }
  const listen = async (): Promise<BusServer> =>
    listenBus({ path: socket, dialects: [grpcDialect()], compileFilter: createFilterCompiler() })

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-subscribe-'))
    socket = join(directory, 'bus.sock')
  })

  afterEach(async () => {
    for (const { process: child } of commands.splice(0)) child.kill('SIGKILL')
    await rm(directory, { recursive: true })
  })

  it.each(['json', 'grpc'])(
    'chooses by topics, exclusion, wildcard and filter, and begins with the past, over %s',
    async dialect => {
      await using server = await listen()
      const packet = (group: number): string => formatPacketInfo({ group, prefix: 'wan:in ', payload: syn }) ?? ''
      for (const topic of ['nft:old:in', 'nft:wan:in', 'nft:wan:out', 'nft:lan:in', 'alert:x']) {
        server.broker.publishText(topic, packet(topic === 'nft:lan:in' ? 0 : 1))
      }
      const on = (...args: string[]): Command => {
        return start('-j', '--socket', socket, '--dialect', dialect, '--replay', '10', '--timeout', '3', ...args)
      }
      const readers = [
        on('-t', 'nft:wan:,alert:', '-e', 'nft:wan:out,other:'),
        on('--match', 'nft:*:in', '--match', 'alert:>'),
        on('--filter', 'action == "blocked" && dst.port == 443'),
        on('nft:wan:out')
      ]
      await Promise.all(readers.map(reader => reader.said('listening')))
      await waitFor(() => server.stats.readers === 5)
      server.broker.publishText('nft:new:in', packet(1))
      await Promise.all(readers.map(async reader => expect(await reader.exitCode()).toBe(0)))
      // Each prefix has a stream of its own, so that there is no order between them.
      expect(topicsOf(readers[0] as Command).toSorted()).toEqual(['alert:x', 'nft:wan:in'])
      expect(topicsOf(readers[1] as Command)).toEqual([
        'nft:old:in',
        'nft:wan:in',
        'nft:lan:in',
        'alert:x',
        'nft:new:in'
      ])
      expect(topicsOf(readers[2] as Command)).toEqual(['nft:old:in', 'nft:wan:in', 'nft:wan:out', 'nft:new:in'])
      expect(topicsOf(readers[3] as Command)).toEqual(['nft:wan:out'])
    }
  )

  it('says what is wrong with a filter or a wildcard before it connects, with 2', async () => {
    const filter = start('--socket', '/nonexistent', '--filter', 'dst.prot == 443')
    const wildcard = start('--socket', '/nonexistent', '--match', 'nft:>:in')
    expect(await filter.exitCode()).toBe(2)
    expect(filter.stderr).toContain('did you mean dst.port?\n  dst.prot == 443\n  ^^^^^^^^\n')
    expect(await wildcard.exitCode()).toBe(2)
    expect(wildcard.stderr).toContain('--match: "nft:>:in" has a > that is not the last token')
  })

  it('filters by itself what a bus without a filter language sends, ours or an old one', async () => {
    await using bare = await listenBus({ path: join(directory, 'bare.sock') })
    const old = await listenAsSpr(socket, [
      '{"topic":"a:1","value":"{\\"x\\":1}"}',
      '{"topic":"a:2","value":"{\\"x\\":2}"}'
    ])
    const wanted = ['-j', '--filter', 'event.x == 2', '--match', 'a:*', '--timeout', '2.5']
    const ofBare = start('--socket', bare.path, ...wanted)
    const ofOld = start('--socket', socket, ...wanted)
    await ofBare.said('listening').catch(() => undefined)
    const timer = setInterval(() => {
      for (const x of [1, 2]) bare.broker.publish('a:x', { x })
    }, 100)
    expect(await ofOld.exitCode()).toBe(0)
    expect(topicsOf(ofOld)).toEqual(['a:2'])
    expect(await ofBare.exitCode()).toBe(0)
    clearInterval(timer)
    old.close()
    expect(ofBare.stdout).toContain('{"Topic":"a:x","Value":{"x":2}}\n')
    expect(ofBare.stdout).not.toContain('{"x":1}')
    expect(ofBare.stderr).not.toContain('refused')
  })

  it('shows where events were lost, for people and for programs', async () => {
    await using server = await listen()
    const people = start('--socket', socket, '--gaps', '--timeout', '2', '-e', 'bus')
    const programs = start('--socket', socket, '--gaps', '-j', '--timeout', '2', 'nft:')
    const others = start('--socket', socket, '-j', '--timeout', '2')
    await Promise.all([people, programs, others].map(reader => reader.said('listening')))
    server.broker.reportLoss({ where: 'kernel', lost: 12, group: 1 })
    await Promise.all([people, programs, others].map(async reader => reader.exitCode()))
    expect(people.stdout).toBe('-- 12 events lost (kernel, group 1) --\n')
    expect(JSON.parse(programs.stdout)).toMatchObject({
      Topic: 'bus:gap',
      Value: { lost: 12, where: 'kernel', group: 1 }
    })
    expect(others.stdout).toBe('')
  })

  it('adds events to a file that it and others can read again', async () => {
    const file = join(directory, 'events.ndjson')
    await writeFile(file, '{"Topic":"half","Val')
    await using server = await listen()
    const writer = start('--socket', socket, '-o', file, '--timeout', '2')
    await writer.said('listening')
    server.broker.publishText('a:1', '{"x":1}')
    server.broker.publishText('b:2', 'text\u001b[2J')
    expect(await writer.exitCode()).toBe(0)
    expect(writer.stdout).toMatch(/a:1 {"x":1}\n.* b:2 text\\x1b\[2J\n$/)
    expect(await readFile(file, 'utf8')).toBe(
      '{"Topic":"half","Val\n{"Topic":"a:1","Value":{"x":1}}\n{"Topic":"b:2","Value":"text\\u001b[2J"}\n'
    )
    const reader = start('-j', '-f', file)
    expect(await reader.exitCode()).toBe(0)
    expect(reader.stdout).toBe('{"Topic":"a:1","Value":{"x":1}}\n{"Topic":"b:2","Value":"text\\u001b[2J"}\n')
    expect(reader.stderr).toBe('packet-logs: 1 entries skipped (line 1: it is not a JSON object)\n')
  })

  it('reads files of lines, of sprbus with blank lines between, and arrays, and chooses as on a bus', async () => {
    const lines = join(directory, 'lines')
    const array = join(directory, 'array')
    const events = Array.from({ length: 3_000 }, (_, at) => ({
      Topic: `t:${at % 3}`,
      Value: { at, text: 'x'.repeat(300) }
    }))
    await writeFile(lines, events.map(event => `${JSON.stringify(event)}\n\n`).join(''))
    await writeFile(array, `\n ${JSON.stringify(events, null, 1)}`)
    for (const file of [lines, array]) {
      const reader = start('-j', '-f', file, '--match', 't:*', '-e', 't:1', '--filter', 'event.at >= 1000', 't:')
      expect(await reader.exitCode()).toBe(0)
      expect(reader.stderr).toBe('')
      const read = reader.stdout
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as (typeof events)[0])
      expect(read).toEqual(events.filter(({ Topic, Value }) => Topic !== 't:1' && Value.at >= 1_000))
    }
  })

  it('says what is wrong with a file, and which options do not go with one', async () => {
    const broken = join(directory, 'broken')
    await writeFile(broken, '[{"Topic":"a",')
    const cases: [string[], number, string][] = [
      [['-f', '/nonexistent'], 1, 'ENOENT'],
      [['-f', broken], 1, 'begins as an array but is no JSON'],
      [['-f', broken, '--replay', '1'], 2, 'cannot be used with'],
      [['-o', '/nonexistent/x', '-f', broken], 1, '/nonexistent/x cannot be written: ENOENT'],
      [['-f', '/dev/null', '-o', '/dev/null'], 0, '']
    ]
    for (const [args, code, text] of cases) {
      const reader = start(...args)
      expect([args, await reader.exitCode()]).toEqual([args, code])
      expect(reader.stderr).toContain(text)
    }
  })

  it('says when the disk of the file is full', async () => {
    const source = join(directory, 'events')
    await writeFile(source, '{"Topic":"a","Value":1}\n')
    const reader = start('-f', source, '-o', '/dev/full')
    expect(await reader.exitCode()).toBe(1)
    expect(reader.stderr).toContain('/dev/full cannot be written: ENOSPC')
    expect(reader.stderr).toContain('make room')
  })

  it('reads a file from standard input', async () => {
    const reader = new Command(
      ['subscribe', '-j', '-f', '-', 'a'],
      '{"topic":"a","value":"1"}\n{"topic":"b","value":"2"}'
    ).read()
    commands.push(reader)
    expect(await reader.exitCode()).toBe(0)
    expect(reader.stdout).toBe('{"Topic":"a","Value":1}\n')
  })
})

/** A bus as SPR's sprbus-json: it knows prefixes and nothing else, and keeps quiet until it is asked. */
async function listenAsSpr(path: string, lines: readonly string[]): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      // What comes before the client has waited for a greeting is read, too.
      setTimeout(() => socket.write(lines.map(line => `${line}\n`).join('')), 100)
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return server
}
