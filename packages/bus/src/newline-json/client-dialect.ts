import type { ClientDialect } from '../client/client-dialect.js'
import { ERROR_TOPIC, formatSubscribe, parseEvent } from './line-format.js'
import { forEachLine, LineSplitter } from './line-splitter.js'
import { GatherBuffers, SocketWriter } from './socket-writer.js'

/** Longest line a reader takes: more than any bus we know sends. */
const MAX_READ_LINE_BYTES = 1024 * 1024

/** Longest reply a publisher listens to. */
const MAX_REPLY_BYTES = 64 * 1024

const buffers = new GatherBuffers()

/** What sprbus-json's clients speak. */
export const newlineJsonClient: ClientDialect = {
  openWriter: (socket, reader, listener) => {
    const replies = new LineSplitter(MAX_REPLY_BYTES, {
      lines: bytes =>
        forEachLine(bytes, line => {
          const event = parseEvent(line)
          if (event?.topic === ERROR_TOPIC) listener.onRefused(event.value)
        }),
      overlong: () => undefined
    })
    socket.on('data', chunk => replies.push(chunk))
    return new SocketWriter(socket, reader, {
      buffers,
      stallMs: 0,
      onStalled: () => undefined,
      onProgress: () => listener.onProgress()
    })
  },
  subscribe: (socket, request, sink) => {
    const splitter = new LineSplitter(MAX_READ_LINE_BYTES, sink)
    socket.on('data', chunk => splitter.push(chunk))
    socket.write(formatSubscribe(request))
  }
}
