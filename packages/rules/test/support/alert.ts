import type { Alert } from '../../src/engine/alert.js'

/** An alert of `rules.yaml`, as the engine raises it. */
export function makeAlert(changes: Partial<Alert> = {}): Alert {
  return {
    topic: 'alert:nft:drop:input:ssh-scan',
    value:
      '{"Topic":"nft:drop:input","RuleId":"ssh-scan","Title":"SSH scan","Body":"","Event":{"Prefix":"drop:input "}}',
    source: 'rules',
    ruleId: 'ssh-scan',
    severity: 'high',
    title: 'SSH scan',
    body: '20 times from 192.0.2.7',
    timestampMs: 1_700_000_000_000,
    count: 20,
    firstMs: 1_699_999_990_000,
    lastMs: 1_700_000_000_000,
    isSummary: false,
    key: { 'src.ip': '192.0.2.7' },
    actions: ['phone'],
    ...changes
  }
}
