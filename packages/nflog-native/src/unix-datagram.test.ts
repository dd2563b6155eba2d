import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { NflogError } from './errors.js'
import { connectUnixDatagram } from './unix-datagram.js'

const folder = mkdtempSync(join(tmpdir(), 'unix-datagram-'))
let receiver: ChildProcess | undefined

/** Prints a line per datagram, once it is told to read. */
const program = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
sys.stdin.readline()
while True: print(s.recv(65536).decode(), flush=True)
`

async function listen(path: string): Promise<ChildProcess> {
  receiver = spawn('python3', ['-c', program, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (receiver.stdout === null) throw new Error('no output')
  await once(receiver.stdout, 'data')
  return receiver
}

async function stop(): Promise<void> {
  if (receiver === undefined) return
  const exit = once(receiver, 'exit')
  receiver.kill('SIGKILL')
  await exit
  receiver = undefined
}

function codeOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error instanceof NflogError ? [error.code, error.osCode] : (error as NodeJS.ErrnoException).code
  }
}

describe('a unix datagram socket', () => {
  afterEach(stop)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('sends a datagram per write, says EAGAIN when the receiver is full, ECONNREFUSED when it has gone', async () => {
    const path = join(folder, 'a.sock')
    const { stdin, stdout } = await listen(path)
    const fd = connectUnixDatagram(path)
    let sent = 0
    while (codeOf(() => writeSync(fd, `event ${sent}`)) === undefined) sent += 1
    expect(codeOf(() => writeSync(fd, 'one more'))).toBe('EAGAIN')
    const expected = Array.from({ length: sent }, (_, index) => `event ${index}\n`).join('')
    let received = ''
    const all = new Promise<void>(resolve => {
      stdout?.on('data', (chunk: Buffer) => {
        // The end of the line that said it is bound may come by itself.
        received = (received + chunk.toString()).trimStart()
        if (received.length >= expected.length) resolve()
      })
    })
    stdin?.write('\n')
    await all
    expect(received).toBe(expected)
    await stop()
    expect(codeOf(() => writeSync(fd, 'x'))).toBe('ECONNREFUSED')
    closeSync(fd)
  })

  it('says what to do about a socket that wants a stream', async () => {
    const path = join(folder, 'stream.sock')
    const server = createServer().listen(path)
    await once(server, 'listening')
    expect(() => connectUnixDatagram(path)).toThrow(
      '(EPROTOTYPE); who listens there wants a stream: connect with node:net'
    )
    server.close()
  })

  it.each([
    ['/nowhere/at/all', 'ENOENT'],
    ['', 'EINVAL'],
    ['/tmp/a\0b', 'EINVAL'],
    [`/tmp/${'x'.repeat(103)}`, 'ENAMETOOLONG']
  ])('cannot be connected to %j: %s', (path, osCode) => {
    expect(codeOf(() => connectUnixDatagram(path))).toEqual(['NFLOG_IO', osCode])
  })
})
