import { describe, expect, it } from 'vitest'
import type { AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'
import { lintAlerts } from './lint.js'
import { formatAlerts } from './read.js'

const SEND = { ...NO_ACTION, SendNotification: true }
const STORE = { ...NO_ACTION, StoreAlert: true }

function entry(fields: Partial<AlertEntry>): AlertEntry {
  return { ...NO_ENTRY, TopicPrefix: 'nft:drop:', Name: 'name', Actions: [SEND], ...fields }
}

function codes(fields: Partial<AlertEntry>): string[] {
  return lintAlerts(formatAlerts([entry(fields)])).findings.map(({ code }) => code)
}

describe('The linter', () => {
  it.each<[string, readonly string[]]>([
    // As SPR's own user interface writes them.
    ['$[?(@.InDev=="wlan1")]', []],
    ['$[?(@.Action=="blocked" && @.IP.DstIP=="192.0.2.1")]', []],
    ['$[?(@.Prefix!="drop:input ")]', []],
    ['$[?(@.InDev=~"^wlan")].IP.SrcIP', []],
    ['$[?(@.TCP.SYN && !(@.TCP.ACK))]', []],
    ['$[?("eA==" in @.DNS.Questions[*].Name)]', []],
    ['$[0].TCP.DstPort', ['always-found']],
    ['$[0].IP.TTL == 64', ['always-found']],
    ['$[0].IP.TTL == $[0].IP.Id', ['always-found']],
    ['$.InDev', ['root-is-list']],
    ['$[?($.InDev=="wlan1")]', ['root-is-list']],
    ['$[?(@.RecentDomainDst)]', ['text-as-test']],
    ['$[?(@.RecentDomainDst && !@.x || @.InDev=="y")]', ['text-as-test', 'text-as-test']],
    ["$[?(@.InDev=='wlan1')]", ['single-quotes']],
    ['$[?(@[\'InDev\']=="a")]', ['single-quotes']],
    ["$[?(@.InDev=='a')]", []],
    ['$[?(@.InDev=~"/^wlan/i")]', ['pattern-with-slashes']],
    ['$[?(@.InDev!~"/wlan/")]', ['pattern-with-slashes']],
    ['$[?(@.IP.DstIP!="192.0.2.1")]', ['absent-unequal']],
    ['$[?("a"!=@.RecentDomainDst)]', ['absent-unequal']],
    ['$[?(@.RecentDomainDst!~"a")]', ['absent-unequal']],
    ['$[?(@.DNS.Questions[*].Name=="eA==")]', ['list-compared']],
    ['$[?(match(@.InDev, "wlan.*"))]', ['not-in-spr']],
    ['$[?(length(@.InDev) > 4)]', ['not-in-spr']],
    ['$[-1]', ['not-in-spr']]
  ])('says of %s: %j', (JPath, expected) => {
    expect(codes({ Conditions: [{ JPath }] })).toEqual(expected)
  })

  it.each<[Partial<AlertEntry>, readonly string[]]>([
    [{ InvertRule: true }, ['inverts-nothing']],
    [{ InvertRule: true, Conditions: [{ JPath: '$[?(@.InDev=="x")]' }] }, []],
    [{ TopicPrefix: 'alert:', Actions: [SEND] }, []],
    [{ TopicPrefix: 'alert:', Actions: [STORE] }, ['loop']],
    [{ TopicPrefix: 'alert:nft:', Actions: [SEND, STORE] }, ['loop']],
    [{ TopicPrefix: 'a', Actions: [STORE] }, ['loop']],
    [{ TopicPrefix: 'ale:', Actions: [STORE] }, []],
    [{ TopicPrefix: 'nft:DRP:' }, ['unmatched-prefix']],
    [{ TopicPrefix: 'nft:drop:input ' }, ['unmatched-prefix']],
    [{ TopicPrefix: 'Other:' }, []],
    [{ Actions: [NO_ACTION] }, ['no-outcome']],
    [{ Actions: [{ ...SEND, GrabFields: ['IP'] }] }, ['fields-of-nothing']],
    [
      { Actions: [{ ...SEND, GrabEvent: true, GrabFields: ['IP', 'IP.SrcIP', '/I.*/'] }] },
      ['fields-too-deep', 'pattern-in-fields']
    ],
    [{ Actions: [{ ...SEND, MessageTitle: '{{IP.SrcIP#Device}} {{InDev}}' }] }, []],
    [
      { Actions: [{ ...SEND, MessageTitle: '{{IP.SrcIP#Devise}}', MessageBody: '{{a.__proto__}}' }] },
      ['unknown-tag', 'erased-placeholder']
    ],
    [{ Actions: [{ ...SEND, MessageBody: '{{ IP.SrcIP }}' }] }, ['no-placeholder']]
  ])('says of %j: %j', (fields, expected) => {
    expect(codes(fields)).toEqual(expected)
  })

  it('names line and path, also where keys are written in another case', () => {
    const text = `[
 {"topicprefix": "a", "name": "n", "RuleId": "r", "actions": [{"StoreAlert": true}]},
 {
  "TopicPrefix": "b", "Name": "n", "RuleId": "r",
  "Sound": "loud", "Actions": [{"SendNotification": true, "Volume": 3}],
  "conditions": [
   {"JPath": "$[?(@.x==\\"y\\")]"},
   {"jpath": "$[0].x"}
  ]
 }
]`
    const { findings } = lintAlerts(text)
    expect(findings.map(({ code, entry, line, path }) => [code, entry, line, path])).toEqual([
      ['loop', 0, 2, '[0].Actions[0].StoreAlert'],
      ['same-id', 1, 4, '[1].RuleId'],
      ['unknown-key', 1, 5, '[1].Sound'],
      ['unknown-key', 1, 5, '[1].Actions[0].Volume'],
      ['always-found', 1, 8, '[1].Conditions[1].JPath']
    ])
  })

  it('shows nothing that a terminal obeys', () => {
    const evil = '\u0090\u202e'
    const fields = {
      TopicPrefix: `nft:A${evil}`,
      Conditions: [{ JPath: `$[?(@["${evil}"] && '${evil}'==@.x)]` }, { JPath: `$[0]["${evil}"] == "${evil}"` }],
      Actions: [{ ...SEND, MessageTitle: `{{a#b}}{{${evil}}}` }]
    }
    const { findings } = lintAlerts(formatAlerts([entry(fields)]))
    expect(findings.length).toBeGreaterThan(4)
    for (const { message } of findings) expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})
