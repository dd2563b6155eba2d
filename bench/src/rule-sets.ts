import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { port } from './generator.js'

/** What the daemon is told to look for while it is measured. */
export type RuleKind = 'none' | 'rules.yaml' | 'notifications.json'

const nobody = '10.9.0.1'

/**
 * Writes a rule file with so many rules, of which a packet is a candidate for one at most and meets none: ports one after
 * another, the generator's among them, and an address that sends nothing.
 * @returns the daemon's configuration for it
 */
export async function writeRules(kind: RuleKind, count: number, folder: string): Promise<object> {
  if (kind === 'none') return {}
  const ports = Array.from({ length: count }, (_, index) => port - Math.floor(count / 2) + index)
  const path = join(folder, kind)
  const isOwn = kind === 'rules.yaml'
  await writeFile(path, JSON.stringify(isOwn ? { rules: ports.map(rule) } : ports.map(entry)))
  return { rules: isOwn ? { file: path } : { notifications: path } }
}

function rule(port: number): object {
  return {
    id: `port-${port}`,
    when: `protocol == "udp" && dst.port == ${port} && src.ip == "${nobody}"`,
    threshold: { count: 20, within: '60s', by: ['src.ip'] }
  }
}

function entry(port: number): object {
  const rest = { DstIP: '', SrcPort: 0, InDev: '', OutDev: '' }
  const Conditions = { ...rest, Prefix: 'nft:lan:in', Protocol: 'udp', DstPort: port, SrcIP: nobody }
  return { Conditions, Notification: true }
}
