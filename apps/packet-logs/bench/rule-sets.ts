import { createNotifications, createRuleEngine, type NotificationEntry, parseRules } from '@packet-logs/rules'
import type { PacketStation } from '../src/publish-packets.js'

const count = 1000

/** Engines with a thousand rules each, of which a packet meets none and is a candidate for one at most. */
export function ruleStations(): Record<string, PacketStation> {
  return {
    'a rule engine without rules': station({}),
    'a thousand rules of rules.yaml': station({ rules: parseRules(rulesYaml(), { file: 'rules.yaml' }) }),
    'a thousand entries of notifications.json': station({ notifications: createNotifications(entries()) }),
    'a thousand entries, read strictly': station({
      notifications: createNotifications(entries(), { reading: 'strict' })
    })
  }
}

function station(sets: Parameters<ReturnType<typeof createRuleEngine>['use']>[0]): PacketStation {
  const engine = createRuleEngine({
    onAlert: ({ topic }) => {
      throw new Error(`no packet should match, and ${topic} was raised`)
    }
  })
  engine.use(sets)
  return { packet: (logged, packet, _topic, context) => engine.packet(logged, packet, context) }
}

function rulesYaml(): string {
  const rules = Array.from({ length: count }, (_, index) => ({
    id: `rule-${index}`,
    when: `protocol == "udp" && dst.port == ${9000 + index} && src.ip == "10.9.0.1"`,
    threshold: { count: 20, within: '60s', by: ['src.ip'] }
  }))
  return JSON.stringify({ rules })
}

function entries(): NotificationEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    Conditions: {
      Prefix: 'nft:drop:input',
      Protocol: 'udp',
      DstIP: '',
      DstPort: 9000 + index,
      SrcIP: '10.9.0.1',
      SrcPort: 0,
      InDev: '',
      OutDev: ''
    },
    Notification: true
  }))
}
