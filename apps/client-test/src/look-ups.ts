import { formatEndpoint } from './endpoint.js'
import { pick, pickText } from './pick.js'

/** Somebody asked for a DNS name. */
export interface LookUp {
  /** As asked, without the dot at the end; the root is `.`. */
  name: string
  /** Who asked: an address, with a port where the event has it. Empty if unknown. */
  client: string
  /** Whether the event is the answer, not the question. */
  answered: boolean
}

/** The look-ups an event tells of: a logged DNS packet (`nft:`), or one the name server reports (`dns:serve:`). */
export function lookUpsIn(topic: string, value: unknown): LookUp[] {
  if (topic.startsWith('dns:serve:')) return servedLookUps(value)
  const answered = pick(value, 'DNS', 'QR') === true
  // A packet that answers travels to the one who asked.
  const [address, port] = answered ? (['DstIP', 'DstPort'] as const) : (['SrcIP', 'SrcPort'] as const)
  const host = pickText(value, 'IP', address) || pickText(value, 'IPv6', address)
  const client = formatEndpoint(host, pick(value, 'UDP', port) ?? pick(value, 'TCP', port))
  return namesIn(pick(value, 'DNS', 'Questions'), decodeName).map(name => ({ name, client, answered }))
}

function servedLookUps(value: unknown): LookUp[] {
  const answers = pick(value, 'A')
  const answered = Array.isArray(answers) && answers.length > 0
  const client = pickText(value, 'Remote')
  return namesIn(pick(value, 'Q'), withoutFinalDot).map(name => ({ name, client, answered }))
}

function namesIn(questions: unknown, read: (name: string) => string): string[] {
  if (!Array.isArray(questions)) return []
  const names: string[] = []
  for (const question of questions) {
    const name = pick(question, 'Name')
    // The root comes as null.
    if (name === null) names.push('.')
    else if (typeof name === 'string') names.push(read(name))
  }
  return names
}

/** PacketInfo holds names as base64 of their bytes, which need not be UTF-8. */
function decodeName(base64: string): string {
  return withoutFinalDot(Buffer.from(base64, 'base64').toString('latin1'))
}

function withoutFinalDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name || '.'
}
