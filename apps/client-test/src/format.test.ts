import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFormatter } from './format.js'

const packet = {
  TCP: { SrcPort: 44321, DstPort: 443, SYN: true, ACK: false },
  IP: { SrcIP: '192.168.2.33', DstIP: '93.184.216.34', Length: 60, Protocol: 6 },
  Prefix: 'wan:out ',
  Action: 'allowed',
  Timestamp: '2023-11-14T22:13:20.123456Z',
  InDev: 'wlan0',
  OutDev: 'eth0'
}
const query = {
  UDP: { SrcPort: 5000, DstPort: 53 },
  IP: { SrcIP: '192.168.2.33', DstIP: '9.9.9.9', Length: 60 },
  DNS: { QR: false, Questions: [{ Name: Buffer.from('www.example.org').toString('base64'), Type: 1 }] },
  Prefix: 'wan:out ',
  Action: 'allowed',
  Timestamp: '2023-11-14T22:13:20.123456Z',
  InDev: '',
  OutDev: 'eth0'
}
const event = (value: unknown, topic = 'nft:wan:out') => ({ topic, value: JSON.stringify(value) })

describe('for people', () => {
  const format = createFormatter({ dns: '*.example.org' })

  it('prints a packet in short', () => {
    expect(format(event(packet))).toBe(
      '22:13:20.123 allowed wan:out      wlan0→eth0  TCP    192.168.2.33:44321 → 93.184.216.34:443 SYN\n'
    )
  })

  it('prints a look-up that matches after the event that tells of it, and no other', () => {
    const [, lookUp] = format(event(query)).split('\n')
    expect(lookUp).toBe('look-up www.example.org asked by 192.168.2.33:5000 (nft:wan:out)')
    expect(createFormatter({ dns: '*.example.net' })(event(query)).split('\n')).toHaveLength(2)
    expect(createFormatter({})(event(query)).split('\n')).toHaveLength(2)
    expect(format(event({ Q: [{ Name: 'a.example.org.' }], A: [{}] }, 'dns:serve:x'))).toContain(
      '\nlook-up a.example.org answered to somebody (dns:serve:x)\n'
    )
  })

  it('prints other values as they are, cut when they are long', () => {
    expect(format(event({ a: 1 }, 'wifi:auth'))).toBe('wifi:auth {"a":1}\n')
    expect(format({ topic: 't', value: 'no JSON' })).toBe('t no JSON\n')
    expect(format({ topic: 't', value: 'x'.repeat(1000) })).toBe(`t ${'x'.repeat(400)}…\n`)
  })

  it('lets nothing through that steers a terminal or breaks the line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (topic, value) => {
        const line = format({ topic, value })
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u202e\u2028]/u)
        expect(line.endsWith('\n')).toBe(true)
      })
    )
    const name = Buffer.from('\x1b[2J\nfake.example.org').toString('base64')
    const nasty = { ...query, DNS: { Questions: [{ Name: name }] }, Action: '\x1b[31m' }
    expect(format(event(nasty)).split('\n')).toHaveLength(3)
    expect(format(event(nasty))).not.toContain('\x1b')
  })
})

describe('as JSON', () => {
  const format = createFormatter({ dns: '*.example.org', json: true })

  it('prints topic and value on one line', () => {
    expect(format(event(packet))).toBe(`${JSON.stringify({ Topic: 'nft:wan:out', Value: packet })}\n`)
    expect(format({ topic: 't', value: '{ "a":\n 1 }' })).toBe('{"Topic":"t","Value":{"a":1}}\n')
    expect(format({ topic: 't', value: '{"a":' })).toBe('{"Topic":"t","Value":"{\\"a\\":"}\n')
  })

  it('prints look-ups on lines of their own', () => {
    const [, lookUp = ''] = format(event(query)).split('\n')
    expect(JSON.parse(lookUp)).toEqual({
      LookUp: { Name: 'www.example.org', Client: '192.168.2.33:5000', Answered: false, Topic: 'nft:wan:out' }
    })
  })

  it('prints JSON for any event', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (topic, value) => {
        const [line = '', ...rest] = format({ topic, value }).split('\n')
        expect(rest).toEqual([''])
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(Object.keys(JSON.parse(line) as object)).toEqual(['Topic', 'Value'])
        expect(JSON.parse(line)).toHaveProperty('Topic', topic)
      })
    )
  })
})
