import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, waitFor } from '../support/command.js'
import { PtyCommand } from '../support/pty-command.js'

interface Interval {
  eventsPerSecond: number
  topics: { topic: string; eventsPerSecond: number }[]
  readers: { name: string; dialect: string; prefix: string; lag: number }[]
  server: { clients: number }
}

describe('packet-logs bus and top', () => {
  let directory: string
  let socket: string
  const commands: (Command | PtyCommand)[] = []

  const start = (...args: string[]): Command => {
    const command = new Command([...args, '--socket', socket], null).read()
    commands.push(command)
    return command
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-top-'))
    socket = join(directory, 'bus.sock')
  })

  afterEach(async () => {
    for (const command of commands.splice(0)) {
      if (command instanceof Command) command.process.kill('SIGKILL')
      else command.close()
    }
    await rm(directory, { recursive: true })
  })

  it('top tells rates by topic and how readers do, as JSON and as a live view, of readers in both dialects', async () => {
    const bus = start('bus', '--mode', '660', '--max-clients', '50')
    await bus.said('bus ready at')
    const publisher = start('publish', 'busy:x', '-')
    const timer = setInterval(() => publisher.process.stdin?.write('{}\n'.repeat(20)), 50)
    const readers = [start('subscribe', 'busy:'), start('subscribe', '--dialect', 'grpc')]
    await Promise.all(readers.map(reader => reader.said('listening')))
    const once = start('top', '--once')
    const watch = start('top', '--json', '--dialect', 'grpc')
    expect(await once.exitCode()).toBe(0)
    expect(once.stdout.trimEnd().split('\n')).toHaveLength(1)
    const { eventsPerSecond, topics, readers: seen, server } = JSON.parse(once.stdout) as Interval
    expect(eventsPerSecond).toBeGreaterThan(50)
    expect(topics[0]).toMatchObject({ topic: 'busy:x' })
    expect(seen).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: `subscribe:${readers[0]?.process.pid ?? 0}`, prefix: 'busy:' }),
        expect.objectContaining({ name: `subscribe:${readers[1]?.process.pid ?? 0}`, dialect: 'grpc' })
      ])
    )
    expect(server.clients).toBeGreaterThan(3)
    await waitFor(() => watch.stdout.split('\n').length > 2)
    const view = new PtyCommand(['top', '--socket', socket])
    commands.push(view)
    await view.shows(/TOPIC.*EVENTS\/S(.|\n)*busy:x +\d/)
    await view.shows(/READER(.|\n)*subscribe:\d+ {2}grpc/)
    view.resize(40, 8)
    await view.shows(/BYTES\/S\nbusy:x/)
    view.type('q')
    expect((await view.ended()).code).toBe(0)
    clearInterval(timer)
    bus.process.kill('SIGINT')
    expect(await bus.exitCode()).toBe(0)
    expect(bus.stderr).toMatch(/bus closed; \d+ events published\n$/)
  })

  it('top says when a bus does not tell', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>(resolve => server.listen(socket, resolve))
    const top = start('top')
    expect(await top.exitCode()).toBe(1)
    expect(top.stderr).toContain('does not tell how it is doing')
    server.close()
  })

  it.each([
    [['--mode', '999'], 2, 'an octal number'],
    [['--max-clients', '0'], 2, 'a number from 1'],
    [['--group', 'no such group'], 1, 'there is no "no such group"']
  ])('bus says what is wrong with %j', async (args, code, text) => {
    const bus = start('bus', ...args)
    expect(await bus.exitCode()).toBe(code)
    expect(bus.stderr).toContain(text)
  })

  it('publish takes topic and text by place or by option, and can insist on JSON', async () => {
    const bus = start('bus')
    await bus.said('bus ready at')
    expect(await start('publish', '-t', 'a:b', '-p', '{}').exitCode()).toBe(0)
    expect(await start('publish', '-v', '--dialect', 'grpc', 'a:b', '{}').exitCode()).toBe(0)
    const cases: [string[], number, string][] = [
      [['-v', 'a:b', '{'], 1, 'the text is not JSON'],
      [['-t', 'a:b'], 2, "missing required argument 'text'"],
      [['-t', 'a:b', 'one', 'two'], 2, 'given twice'],
      [['bus:x', '1'], 2, "the bus's own"]
    ]
    for (const [args, code, text] of cases) {
      const publisher = start('publish', ...args)
      expect([args, await publisher.exitCode()]).toEqual([args, code])
      expect(publisher.stderr).toContain(text)
    }
    const lines = start('publish', '-v', 'a:b', '-')
    lines.process.stdin?.end('{}\n{\n')
    expect(await lines.exitCode()).toBe(1)
    expect(lines.stderr).toContain('line 2 is not JSON')
    bus.process.kill('SIGTERM')
    await bus.exitCode()
    expect(bus.stderr).toContain('bus closed; 3 events published')
  })
})
