import { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import type { ExitCode } from './exit-code.js'
import { main } from './main.js'

interface Outcome {
  exitCode: ExitCode
  stdout: string
  stderr: string
}

async function run(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const output = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr'): Writable => {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        output[name] += chunk.toString()
        done()
      }
    })
  }
  const io = { stdin: Readable.from([]), stdout: sink('stdout'), stderr: sink('stderr'), env }
  const exitCode = await main(argv, { ...io, signal: new AbortController().signal })
  return { exitCode, ...output }
}

describe('main', () => {
  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('prints the versions of everything that takes part', async () => {
    const { stdout, exitCode } = await run(['version', '--all', '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      'packet-logs': manifest.version,
      '@packet-logs/bus': expect.any(String) as string,
      node: process.version.slice(1),
      kernel: expect.stringContaining(process.platform) as string
    })
    expect((await run(['version', '--all'])).stdout).toMatch(/^packet-logs +\d/)
    expect((await run(['version'])).stdout).toBe(`${manifest.version}\n`)
  })

  it.each([
    [['--help'], ['Usage: packet-logs', 'Examples:', 'Exit codes: 0 done']],
    [
      ['subscribe', '--help'],
      ['[prefix...]', '--timeout <seconds>', 'packet-logs subscribe -j nft:wan:out']
    ],
    [
      ['publish', '--help'],
      ['<topic> <text>', 'journalctl']
    ],
    [['bus', '--help'], ['--socket <path>']],
    [
      ['doctor', '--help'],
      ['--seconds <n>', '1 problems found']
    ],
    [
      ['nft', '--help'],
      ['plan', 'install', 'status', 'remove', 'Profiles:', 'packet-logs nft remove --yes']
    ],
    [
      ['nft', 'install', '--help'],
      ['--uplink', 'PREFIX[#ID]@HOOK', '--netns', '--yes', '--state-dir', '--json']
    ]
  ])('teaches with %j', async (argv, texts) => {
    const { exitCode, stdout, stderr } = await run(argv)
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    for (const text of texts) expect(stdout.replaceAll(/\s+/g, ' ')).toContain(text)
  })

  it.each([
    [[], 'Usage: packet-logs'],
    [['subscrib'], 'Did you mean subscribe?'],
    [['subscribe', '--jsn'], 'unknown option'],
    [['subscribe', '--timeout', 'soon'], 'a number of seconds'],
    [['subscribe', '--timeout', '-1'], 'a number of seconds'],
    [['publish', 'topic'], "missing required argument 'text'"],
    [['bus'], '--socket <path>'],
    [['bus', '--socket', ''], 'It is empty.'],
    [['subscribe', '--socket', ''], 'It is empty.'],
    [['publish', 'subscribe:nft', 'x'], 'choose another first word'],
    [['nft', 'install', '--profile', 'other'], 'basic, spr'],
    [['nft', 'plan', '--log', 'x@input:group=65536'], 'group is 65536'],
    [['nft', 'plan', '--uplink', 'eth 0'], '"eth 0" is not the name of a network device'],
    [['nft', 'plan', '--profile', 'spr', '--uplink', 'eth 0'], '"eth 0" is not the name of a network device'],
    [['nft', 'plan', '--profile', 'spr', '--log', 'x@input'], 'belong to the basic profile'],
    [['nft', 'plan', '--uplink', 'eth0', '--log', 'x@input'], 'use oif=DEV'],
    [['nft', 'status', '--netns', '../x'], 'is not the name of a network namespace'],
    [['nft', 'status', '--netns', '-x'], 'is not the name of a network namespace']
  ])('says what is wrong with %j and ends with 2', async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(argv)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('ends with 1 and says what to start when there is no bus', async () => {
    const { exitCode, stderr } = await run(['subscribe', '--socket', '/nonexistent/bus.sock'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('no bus answers at /nonexistent/bus.sock; start packet-logsd')
  })
})
