import { connect } from 'node:net'
import { Option } from 'commander'

const dialects = ['auto', 'json', 'grpc'] as const

/** How to talk to the bus; `auto` finds out. */
export type DialectChoice = (typeof dialects)[number]

/** A Go server says hello as soon as it has accepted; on a slow machine that takes a few milliseconds. */
const listenMs = 60

/** HTTP/2 frame type SETTINGS, RFC 9113 §6.5: the first thing a server of gRPC says, before it is asked. */
const settingsFrame = 4

export function dialectOption(): Option {
  return new Option('--dialect <name>', 'how to talk to the bus: newline-JSON or gRPC')
    .choices(dialects)
    .default('auto' satisfies DialectChoice)
}

/**
 * What a bus speaks. Where both are spoken, and wherever newline-JSON is, the server waits to be asked; SPR's first sprbus, which
 * speaks only gRPC, begins by itself. So it is enough to listen for a moment, and no bus is troubled by garbage.
 */
export async function detectDialect(path: string, signal?: AbortSignal): Promise<'json' | 'grpc'> {
  const socket = connect(path)
  const first = await new Promise<Buffer | undefined>(resolve => {
    const done = (chunk?: Buffer): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      resolve(chunk)
    }
    const onAbort = (): void => done()
    const timer = setTimeout(done, listenMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    // What is wrong with the socket shows when it is used.
    socket.once('data', done).once('error', onAbort).once('close', onAbort)
  })
  socket.destroy()
  return first?.[3] === settingsFrame ? 'grpc' : 'json'
}
