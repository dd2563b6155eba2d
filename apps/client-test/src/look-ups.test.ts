import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookUpsIn } from './look-ups.js'

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const question = (name: string | null): object => ({ Name: name === null ? null : base64(name), Type: 1, Class: 1 })

describe('a logged DNS packet', () => {
  const packet = {
    IP: { SrcIP: '192.168.2.33', DstIP: '9.9.9.9' },
    UDP: { SrcPort: 5000, DstPort: 53 },
    DNS: { QR: false, Questions: [question('www.example.org'), question(null)] }
  }

  it('tells who asks for what', () => {
    expect(lookUpsIn('nft:wan:out', packet)).toEqual([
      { name: 'www.example.org', client: '192.168.2.33:5000', answered: false },
      { name: '.', client: '192.168.2.33:5000', answered: false }
    ])
  })

  it('tells who is answered, over IPv6 and TCP', () => {
    const answer = {
      IPv6: { SrcIP: '2001:db8::9', DstIP: '2001:db8::1' },
      TCP: { SrcPort: 53, DstPort: 5000 },
      DNS: { QR: true, Questions: [question('example.org')] }
    }
    expect(lookUpsIn('nft:wan:in', answer)).toEqual([
      { name: 'example.org', client: '[2001:db8::1]:5000', answered: true }
    ])
  })

  it('may hold names that are no text', () => {
    const odd = { DNS: { Questions: [question('a\xff\x00b')] } }
    expect(lookUpsIn('nft:x', odd)).toEqual([{ name: 'a\xff\x00b', client: '', answered: false }])
  })
})

it('reads what the name server reports', () => {
  const served = {
    Q: [{ Name: 'www.example.org.', Qtype: 1, Qclass: 1 }],
    A: [{ A: '192.0.2.1' }],
    Remote: '192.168.2.33:41234'
  }
  const topic = 'dns:serve:192.168.2.33'
  expect(lookUpsIn(topic, served)).toEqual([{ name: 'www.example.org', client: '192.168.2.33:41234', answered: true }])
  expect(lookUpsIn(topic, { Q: [{ Name: '.' }], A: [] })).toEqual([{ name: '.', client: '', answered: false }])
})

it.each([
  null,
  1,
  'text',
  [],
  {},
  { DNS: null },
  { DNS: { Questions: 'x' } },
  { DNS: { Questions: [null, 1, { Name: 5 }] } }
])('finds nothing in %j', value => {
  expect(lookUpsIn('nft:wan:out', value)).toEqual([])
  expect(lookUpsIn('dns:serve:x', value)).toEqual([])
})

it('never throws, whatever the value', () => {
  const keys = fc.constantFrom('DNS', 'Questions', 'Name', 'QR', 'IP', 'SrcIP', 'UDP', 'SrcPort', 'Q', 'A', 'Remote')
  const { value } = fc.letrec(tie => ({
    value: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.array(tie('value')), fc.dictionary(keys, tie('value')))
  }))
  fc.assert(
    fc.property(fc.constantFrom('nft:x', 'dns:serve:x', ''), value, (topic, given) => {
      for (const { name, client } of lookUpsIn(topic, given)) {
        expect(name).not.toBe('')
        expect(client).toBeTypeOf('string')
      }
    })
  )
})
