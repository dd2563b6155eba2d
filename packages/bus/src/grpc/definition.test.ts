import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METHODS, reflectionServices, toEvent, toMessage } from './definition.js'

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = METHODS.SubscribeTopic
const text = fc.string({ unit: 'grapheme', maxLength: 300 })

describe('the message of an event', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(text, text, fc.maxSafeNat(), (topic, value, seq) => {
        const numbered = seq === 0 ? { topic, value } : { topic, value, seq }
        expect(toEvent(responseDeserialize(responseSerialize(toMessage(numbered))))).toEqual(numbered)
        expect(toEvent(requestDeserialize(requestSerialize(toMessage(numbered))))).toEqual({ topic, value })
      })
    )
  })

  it('is what protobuf says, half a surrogate pair included', () => {
    expect(responseSerialize(toMessage({ topic: 't', value: 'жж' })).toString('hex')).toBe('0a01741204d0b6d0b6')
    expect(responseSerialize(toMessage({ topic: 't', value: 'x', seq: 300 })).toString('hex')).toBe(
      '0a017412017818ac02'
    )
    expect(toEvent(requestDeserialize(requestSerialize(toMessage({ topic: 't', value: '\ud800' })))).value).toBe(
      '\ufffd'
    )
  })

  it('is refused when it is none, and nothing else is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          const { topic, value } = toEvent(requestDeserialize(Buffer.from(bytes)))
          expect(Buffer.byteLength(topic) + Buffer.byteLength(value)).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      })
    )
    // A length of 2^60, a varint without an end, half a character.
    for (const hex of ['0a8080808080808080', '0affffffffffffffffffff01', '1202d0b6d0', '1201d0']) {
      expect(() => toEvent(requestDeserialize(Buffer.from(hex, 'hex')))).toThrow(Error)
    }
  })
})

describe('reflection', () => {
  it('comes in both versions that tools ask for', () => {
    const paths = reflectionServices().flatMap(([service]) => Object.values(service).map(({ path }) => path))
    expect(paths).toEqual([
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
    ])
  })
})
