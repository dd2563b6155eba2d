import { Readable, Writable } from 'node:stream'
import { main } from '../../src/main.js'

export interface Ran {
  stdout: string
  stderr: string
  status: number
}

/** Runs the command within this process, without a terminal. */
export async function runMain(args: readonly string[], input: string | Buffer = ''): Promise<Ran> {
  const ran: Ran = { stdout: '', stderr: '', status: -1 }
  const sink = (name: 'stdout' | 'stderr'): Writable => {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        ran[name] += chunk.toString()
        done()
      }
    })
  }
  ran.status = await main(args, {
    stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input)], { objectMode: false }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    signal: new AbortController().signal
  })
  return ran
}
