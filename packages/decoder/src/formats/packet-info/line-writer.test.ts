import { describe, expect, it } from 'vitest'
import { hex, ipv4, logged, udp } from '../../../test/build.js'
import { vectors } from '../../../test/vectors.js'
import { createLineWriter, formatPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfoOptions } from './options.js'
import { topicOf } from './topic.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const packet = logged(ipv4(udp(hex('01020304'))), { hwType: 1, hwHeader: hex('0a53455e370d 029f11913383 0800') })

function lineOf(logged: LoggedPacket, options?: PacketInfoOptions): string {
  const into = new Uint8Array(1 << 20)
  const end = createLineWriter(options).write(logged, into, 0)
  return utf8.decode(into.subarray(0, end))
}

describe('createLineWriter', () => {
  it.each([
    ['strict', { extended: false }],
    ['extended', {}],
    ['short', { maxLineBytes: 4096 }],
    ['without payload', { payload: 'none' }]
  ] as const)('writes lines whose value is the text of formatPacketInfo: %s', (_name, options) => {
    const writer = createLineWriter(options)
    const into = new Uint8Array(1 << 20)
    for (const { id, logged } of vectors) {
      const text = formatPacketInfo(logged, options)
      const end = writer.write(logged, into, 100)
      if (text === undefined) {
        expect([id, end]).toEqual([id, 100])
        continue
      }
      const line = utf8.decode(into.subarray(100, end))
      expect(line.endsWith('\n')).toBe(true)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect([id, JSON.parse(line)]).toEqual([id, { topic: topicOf(logged.prefix), value: text }])
    }
  })

  it('writes the same line wherever it writes, into buffers and views alike', () => {
    const expected = lineOf(packet)
    const writer = createLineWriter()
    for (const into of [new Uint8Array(40_000), Buffer.alloc(40_000), new Uint8Array(50_000).subarray(777)]) {
      for (const at of [0, 1, 2, 3, 12_345, into.length - expected.length]) {
        expect(writer.write(packet, into, at)).toBe(at + expected.length)
        expect(utf8.decode(into.subarray(at, at + expected.length))).toBe(expected)
      }
    }
  })

  it('says -1 when the line does not fit, and writes nothing before and behind its place', () => {
    const { length } = lineOf(packet)
    const writer = createLineWriter()
    const memory = new Uint8Array(length + 40).fill(0x55)
    const into = memory.subarray(20, 20 + length)
    expect(writer.write(packet, into, 1)).toBe(-1)
    expect(writer.write(packet, into.subarray(1), 0)).toBe(-1)
    expect(writer.write(packet, into, length)).toBe(-1)
    expect(writer.write(packet, into, 0)).toBe(length)
    expect(memory.subarray(0, 20).every(byte => byte === 0x55)).toBe(true)
    expect(memory.subarray(20 + length).every(byte => byte === 0x55)).toBe(true)
  })

  it('leaves what stands before its place alone', () => {
    const into = new Uint8Array(100_000).fill(0x55)
    createLineWriter().write(packet, into, 500)
    expect(into.subarray(0, 500).every(byte => byte === 0x55)).toBe(true)
  })

  it('refuses a place outside the buffer', () => {
    const writer = createLineWriter()
    for (const at of [-1, 11, Number.NaN]) {
      expect(() => writer.write(packet, new Uint8Array(10), at)).toThrow(RangeError)
    }
  })

  it('does not mix packets up', () => {
    const writer = createLineWriter()
    const into = new Uint8Array(1 << 20)
    const shuffled = [...vectors].sort((a, b) => (a.id < b.id ? 1 : -1))
    for (const { logged } of shuffled) writer.write(logged, into, 0)
    const end = writer.write(packet, into, 0)
    expect(utf8.decode(into.subarray(0, end))).toBe(lineOf(packet))
  })

  it('escapes a hostile prefix so that it stays inside its string', () => {
    const prefix = '"},\\\n\u0000\u2028<x>\ud800🔥 '
    const line = JSON.parse(lineOf({ ...packet, prefix })) as { topic: string; value: string }
    expect(line.topic).toBe(topicOf(prefix).replace('\ud800', '\ufffd'))
    expect((JSON.parse(line.value) as { Prefix: string }).Prefix).toBe(prefix.replace('\ud800', '\ufffd'))
  })
})
