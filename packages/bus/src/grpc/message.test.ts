import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameSplitter } from './frame-splitter.js'
import { FRAME_HEAD_BYTES, formatEvent, formatFrame, parseEventMessage } from './message.js'
import { reflect } from './reflection.js'
import { GrpcStatusError, INVALID_ARGUMENT, parseStatus, statusTrailers } from './status.js'

const text = fc.string({ unit: 'grapheme', maxLength: 300 })

describe('the message of an event', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(text, text, fc.maxSafeNat(), (topic, value, seq) => {
        const message = formatEvent(topic, value, seq).subarray(FRAME_HEAD_BYTES)
        expect(parseEventMessage(message)).toEqual(seq === 0 ? { topic, value } : { topic, value, seq })
      })
    )
  })

  it('is what protobuf says', () => {
    expect(formatEvent('t', 'жж').toString('hex')).toBe('00000000090a0174'.concat('1204d0b6d0b6'))
    expect(formatEvent('', '').toString('hex')).toBe('0000000000')
    expect(formatEvent('', 'x'.repeat(200), 300).toString('hex')).toBe(`00000000ce12c801${'78'.repeat(200)}18ac02`)
  })

  it('is refused when it is none, and nothing else is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          const { topic, value } = parseEventMessage(Buffer.from(bytes))
          expect(Buffer.byteLength(topic) + Buffer.byteLength(value)).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(GrpcStatusError)
          expect(error).toMatchObject({ code: INVALID_ARGUMENT })
        }
      })
    )
    // A length of 2^60, a varint without an end, a group, field 0.
    for (const hex of ['0a8080808080808080', '0affffffffffffffffffff01', '0b', '0200', '120361']) {
      expect(() => parseEventMessage(Buffer.from(hex, 'hex'))).toThrow(GrpcStatusError)
    }
  })
})

describe('a stream of messages', () => {
  it('is the same in whatever pieces it comes', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (sent, sizes) => {
          const splitter = new FrameSplitter(50)
          const bytes = Buffer.concat(sent.map(formatFrame))
          const got: Buffer[] = []
          for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
            const size = sizes[piece % sizes.length] ?? 1
            got.push(...splitter.push(bytes.subarray(at, at + size)).map(message => Buffer.from(message)))
            at += size
          }
          expect(got).toEqual(sent.map(message => Buffer.from(message)))
          expect(splitter.heldBytes).toBe(0)
        }
      )
    )
  })

  it('ends at a message that is too long or compressed, before its bytes have come', () => {
    expect(() => new FrameSplitter(10).push(Buffer.from([0, 0, 0, 0, 11]))).toThrow(
      expect.objectContaining({ code: 8 })
    )
    expect(() => new FrameSplitter(10).push(Buffer.from([1, 0, 0, 0, 1]))).toThrow(
      expect.objectContaining({ code: 12 })
    )
  })
})

describe('a status', () => {
  it('survives any message', () => {
    fc.assert(
      fc.property(fc.nat(16), text, (code, message) => {
        const trailers = statusTrailers({ code, message })
        expect(trailers['grpc-message'] ?? '').toMatch(/^[ -~]*$/)
        expect(parseStatus(trailers)).toEqual({ code, message })
      })
    )
    expect(statusTrailers({ code: 3, message: 'half \ud800' })['grpc-message']).toBe('half%20%EF%BF%BD')
  })

  it('is none when it is not there or no number', () => {
    expect(parseStatus({})).toBeUndefined()
    expect(parseStatus({ 'grpc-status': 'x' })).toBeUndefined()
    expect(parseStatus({ 'grpc-status': '3', 'grpc-message': '100%' })).toEqual({ code: 3, message: '100%' })
  })
})

describe('reflection', () => {
  it('answers anything, or refuses it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          expect(reflect(Buffer.from(bytes)).includes(Buffer.from(bytes))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(GrpcStatusError)
        }
      })
    )
  })
})
