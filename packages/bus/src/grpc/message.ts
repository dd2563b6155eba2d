import { isUtf8 } from 'node:buffer'
import type { BusEvent } from '../event.js'
import { ProtobufReader } from './protobuf.js'
import { GrpcStatusError, INVALID_ARGUMENT } from './status.js'

/** What precedes every message on a gRPC stream: a flag that says whether it is compressed, and four bytes of length. */
export const FRAME_HEAD_BYTES = 5

const TOPIC_FIELD = 1
const VALUE_FIELD = 2
/** Not in sprbus's message, where readers pass over it. Only in streams whose reader asked for numbers. */
const SEQ_FIELD = 3
const TOPIC_TAG = (TOPIC_FIELD << 3) | 2
const VALUE_TAG = (VALUE_FIELD << 3) | 2
const SEQ_TAG = SEQ_FIELD << 3

/** The message of an event, `pubservice.String`, framed for a gRPC stream. A `seq` of 0 is none. */
export function formatEvent(topic: string, value: string, seq = 0): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const valueBytes = Buffer.byteLength(value)
  const seqBytes = seq === 0 ? 0 : 1 + varintBytes(seq)
  const messageBytes = fieldBytes(topicBytes) + fieldBytes(valueBytes) + seqBytes
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + messageBytes)
  frame[0] = 0
  frame.writeUInt32BE(messageBytes, 1)
  let at = writeField(frame, FRAME_HEAD_BYTES, TOPIC_TAG, topic, topicBytes)
  at = writeField(frame, at, VALUE_TAG, value, valueBytes)
  if (seq > 0) {
    frame[at] = SEQ_TAG
    writeVarint(frame, at + 1, seq)
  }
  return frame
}

/** Any message, framed for a gRPC stream. */
export function formatFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, FRAME_HEAD_BYTES)
  return frame
}

/** The message without any field. */
export const EMPTY_FRAME: Buffer = Buffer.alloc(FRAME_HEAD_BYTES)

/**
 * Reads a `pubservice.String`. Fields that are absent are empty, as protobuf has it.
 * @throws GrpcStatusError INVALID_ARGUMENT
 */
export function parseEventMessage(message: Buffer): BusEvent {
  const event: BusEvent = { topic: '', value: '' }
  const reader = new ProtobufReader(message)
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === TOPIC_FIELD) event.topic = textOf('topic', reader.bytes())
    else if (field === VALUE_FIELD) event.value = textOf('value', reader.bytes())
    else if (field === SEQ_FIELD && reader.isInteger) event.seq = reader.integer()
    else reader.skip()
  }
  return event
}

function textOf(name: string, bytes: Buffer): string {
  // A replacement character in its place would be another text than the one that was published.
  if (!isUtf8(bytes)) throw new GrpcStatusError(INVALID_ARGUMENT, `${name} is not valid UTF-8`)
  return bytes.toString('utf8')
}

// A protobuf field that is empty is not written.
function fieldBytes(textBytes: number): number {
  return textBytes === 0 ? 0 : 1 + varintBytes(textBytes) + textBytes
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}

function writeField(into: Buffer, at: number, tag: number, text: string, textBytes: number): number {
  if (textBytes === 0) return at
  into[at] = tag
  const end = writeVarint(into, at + 1, textBytes)
  into.write(text, end, textBytes, 'utf8')
  return end + textBytes
}

// Without shifts, which are for 32 bits only.
function writeVarint(into: Buffer, at: number, value: number): number {
  let end = at
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    into[end] = (rest % 0x80) | 0x80
    end += 1
  }
  into[end] = rest
  return end + 1
}
