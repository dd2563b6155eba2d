import { formatPacketInfo, toPacketInfo, topicOf } from '@packet-logs/decoder'
import { expect, it } from 'vitest'
import { ping6, query, syn } from '../../test/packets.js'
import type { Alert } from '../engine/alert.js'
import { createAlerts } from './alerts.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'

const PATHS = [
  '$[?(@.Prefix!="")]',
  '$[?(@.IP.SrcIP=~"^192\\\\.")].IP.DstIP',
  '$[?(@.TCP.DstPort in [22, 443])].TCP',
  '$[?(@.TCP.SYN && !@.TCP.ACK)].TCP.Options',
  '$[?(@.UDP.DstPort==53)].DNS.Questions[*].Name',
  '$[?(@.IPv6.NextHeader==58)]',
  '$..[?(@.OptionType==2)].OptionData',
  '$[0].IP.Padding',
  '$[0].Ethernet.SrcMAC',
  '$..Contents'
]

it.each([syn, query, ping6])('finds the same in a packet’s object and in its text: %#', packet => {
  const Actions = [{ ...NO_ACTION, StoreAlert: true, GrabEvent: true, GrabValues: true }]
  const entries = PATHS.map(JPath => ({
    ...NO_ENTRY,
    TopicPrefix: 'nft:',
    Name: JPath,
    Actions,
    Conditions: [{ JPath }]
  }))
  const raise = (json: unknown): Alert[] => {
    const raised: Alert[] = []
    createAlerts(entries).evaluate({ topic: topicOf(packet.prefix), json: () => json }, 0, alert => raised.push(alert))
    return raised
  }
  const fromText = raise(JSON.parse(formatPacketInfo(packet) ?? 'null'))
  expect(fromText.length).toBeGreaterThan(1)
  expect(raise(toPacketInfo(packet))).toEqual(fromText)
})
