import { describe, expect, it } from 'vitest'
import { readRecordedEvent } from './recorded-event.js'

const packet = '{"Prefix":"Drop:Input ","Action":"blocked","Timestamp":"2023-11-14T22:13:20.5Z"}'
const timeMs = Date.UTC(2023, 10, 14, 22, 13, 20, 500)

describe('readRecordedEvent', () => {
  it.each([
    ['a line of the bus', JSON.stringify({ topic: 'nft:x', value: packet }), { topic: 'nft:x', text: packet, timeMs }],
    [
      'what subscribe -j prints',
      `{"Topic":"nft:x","Value":${packet}}`,
      { topic: 'nft:x', text: JSON.stringify(JSON.parse(packet)), timeMs }
    ],
    ['a value that is text', '{"Topic":"a:b","Value":"hello"}', { topic: 'a:b', text: 'hello' }],
    ['a PacketInfo', packet, { topic: 'nft:drop:input', text: packet, timeMs }],
    [
      'a line of ulogd',
      '{"timestamp":"2023-11-14T22:13:20.500000+00:00","oob.prefix":"lan:in "}',
      {
        topic: 'nft:lan:in',
        text: '{"timestamp":"2023-11-14T22:13:20.500000+00:00","oob.prefix":"lan:in "}',
        timeMs
      }
    ],
    [
      'a line of ulogd that counts its time in seconds',
      '{"oob.prefix":"x","oob.time.sec":1700000000,"oob.time.usec":500000}',
      {
        topic: 'nft:x',
        text: '{"oob.prefix":"x","oob.time.sec":1700000000,"oob.time.usec":500000}',
        timeMs
      }
    ]
  ])('reads %s', (_name, line, event) => {
    expect(readRecordedEvent(line)).toEqual(event)
  })

  it.each([
    ['no JSON', 'not a JSON object'],
    ['[1]', 'not a JSON object'],
    ['{"a":1}', 'neither topic'],
    ['{"topic":"bus:gap","value":"{}"}', "bus's own"],
    ['{"topic":"subscribe:x","value":""}', 'not a topic']
  ])('says why %s is no event', (line, reason) => {
    expect(readRecordedEvent(line)).toEqual({ reason: expect.stringContaining(reason) as string })
  })
})
