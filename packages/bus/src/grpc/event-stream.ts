import type { Socket } from 'node:net'
import { ERROR_TOPIC, formatLine, formatSubscribe, type SubscribeRequest } from '../newline-json/line-format.js'
import type { LineSink } from '../newline-json/line-splitter.js'
import { FrameSplitter } from './frame-splitter.js'
import { formatEvent, parseEventMessage } from './message.js'
import { SUBSCRIBE_HEADER, SUBSCRIBE_TOPIC } from './methods.js'
import { GrpcSession } from './session.js'
import { INVALID_ARGUMENT, RESOURCE_EXHAUSTED } from './status.js'

/** Longest message a reader takes: more than any bus we know sends. */
const MAX_READ_MESSAGE_BYTES = 4 * 1024 * 1024

/** Subscribes on a connection of its own, and hands over what comes as lines. */
export function streamEvents(socket: Socket, request: SubscribeRequest, sink: LineSink): void {
  const splitter = new FrameSplitter(MAX_READ_MESSAGE_BYTES)
  const header = { [SUBSCRIBE_HEADER]: escapeToAscii(formatSubscribe(request).trim()) }
  const call = new GrpcSession(socket).call(SUBSCRIBE_TOPIC, formatEvent(request.prefix, ''), header)
  call?.stream.on('data', (chunk: Buffer) => {
    try {
      const lines = splitter.push(chunk).map(message => toLine(message, sink))
      if (lines.length > 0) sink.lines(Buffer.from(lines.join('')))
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
    }
  })
  void call?.status.then(status => {
    // Such a call would fail again.
    if (status?.code === INVALID_ARGUMENT || status?.code === RESOURCE_EXHAUSTED) {
      sink.lines(Buffer.from(formatLine(ERROR_TOPIC, `connection closed: ${status.message}`)))
    }
    socket.destroy()
  })
}

function toLine(message: Buffer, sink: LineSink): string {
  try {
    const { topic, value, seq } = parseEventMessage(message)
    const line = formatLine(topic, value)
    return seq === undefined ? line : `{"seq":${seq},${line.slice(1)}`
  } catch {
    sink.overlong()
    return ''
  }
}

/** Header values are printable ASCII. */
function escapeToAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
