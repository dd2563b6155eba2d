import { parseConfig } from '@packet-logs/config-file'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { outputSchema, outputsSchema } from './config.js'
import { nameOf } from './output-config.js'

const schema = z.strictObject({ outputs: outputsSchema })
const parse = (text: string) => parseConfig(text, { schema, name: 'a.yaml' }).outputs

describe('the configuration of outputs', () => {
  it('needs little: where to, and nothing else', () => {
    const outputs = parse(`
outputs:
  - to: stdout
  - { to: file, path: /var/log/nft.json }
  - { to: unix, path: /run/a.sock }
  - { to: udp, host: '::1', port: 9 }
  - { to: tcp, host: siem.example, port: 5140 }
  - to: syslog
  - { to: fifo, path: /run/packets }
`)
    expect(outputs.map(nameOf)).toEqual([
      'stdout',
      'file:/var/log/nft.json',
      'unix:/run/a.sock',
      'udp:::1:9',
      'tcp:siem.example:5140',
      'syslog:/dev/log',
      'fifo:/run/packets'
    ])
    expect(outputs.map(({ format }) => format)).toEqual(['spr', 'spr', 'spr', 'spr', 'spr', 'summary', 'pcap'])
    expect(outputs[1]).toMatchObject({ match: 'nft:>', mode: '0600', flushMs: 1000, keep: 5, queueBytes: 4_194_304 })
  })

  it.each([
    ['  - to: nowhere\n', /^a\.yaml:2: outputs\[0\]\.to: /],
    ['  - { to: file }\n', /outputs\[0\]\.path: /],
    ['  - { to: file, path: /a, size: 5 }\n', /outputs\[0\]: .*size/],
    ['  - { to: file, path: /a, mode: 0640 }\n', /outputs\[0\]\.mode: write three octal digits in quotes/],
    ['  - { to: stdout, filter: "dst.prt == 22" }\n', /outputs\[0\]\.filter: [\s\S]*dst\.prt/],
    ['  - { to: stdout, match: "nft:>:in" }\n', /outputs\[0\]\.match.*not the last token/],
    ['  - { to: stdout }\n  - { to: stdout, name: b }\n', /^a\.yaml:3: outputs\[1\]: has the same stdout as output 0/],
    ['  - { to: file, path: /a }\n  - { to: fifo, path: /a }\n', /outputs\[1\]: has the same path \/a as output 0/],
    ['  - { to: udp, host: a, port: 1, format: pcap }\n', /outputs\[0\]\.format: /],
    ['  - { to: unix, path: /a, type: datagram, format: pcap }\n', /outputs\[0\]\.format: takes no captures/],
    [`  - { to: unix, path: /${'a'.repeat(107)} }\n`, /outputs\[0\]\.path: is too long for a socket/],
    ['  - { to: syslog, appName: "two words" }\n', /outputs\[0\]\.appName: /]
  ])('names field and line of what is wrong in %j', (text, message) => {
    expect(() => parse(`outputs:\n${text}`)).toThrow(message)
  })

  it('can be told as JSON Schema, each field with a description', () => {
    const { oneOf = [], anyOf = oneOf } = z.toJSONSchema(outputSchema, { io: 'input' })
    expect(anyOf).toHaveLength(7)
    for (const { properties = {}, description } of anyOf as z.core.JSONSchema.ObjectSchema[]) {
      expect(description).toBeTypeOf('string')
      for (const [name, field] of Object.entries(properties)) {
        if (name !== 'to') expect(field, name).toHaveProperty('description')
      }
    }
  })
})
