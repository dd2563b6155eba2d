import type { BusEvent } from '@packet-logs/bus'
import { formatSummary, type PacketInfo, safeText, toEve } from '@packet-logs/decoder'
import { eventTime, parseValue } from '../event-value.js'
import { csvLine } from './csv.js'

/** Longest cell of what other programs published, in characters. */
const MAX_TEXT = 1000
const PACKET_TOPIC = 'nft:'

/** The columns, in their order. */
export const CSV_COLUMNS = [
  'time',
  'topic',
  'action',
  'prefix',
  'protocol',
  'src',
  'sport',
  'dst',
  'dport',
  'in',
  'out',
  'domain',
  'summary'
] as const

type Row = Partial<Record<(typeof CSV_COLUMNS)[number], string | number>>

/** The line that names the columns. */
export function csvHeader(): string {
  return csvLine(CSV_COLUMNS)
}

/** An event as a line of CSV; of other events than packets time, topic and the text. */
export function formatEventCsv(event: BusEvent): string {
  const row = rowOf(event)
  return csvLine(CSV_COLUMNS.map(column => row[column]))
}

function rowOf({ topic, value: text }: BusEvent): Row {
  const value = parseValue(text)
  const common = { time: eventTime(value), topic: safeText(topic) }
  const packet = topic.startsWith(PACKET_TOPIC) ? packetOf(value) : undefined
  return withoutAbsent({ ...common, ...(packet ?? { summary: cut(safeText(textOf(value, text))) }) })
}

/** Anybody may publish on a packet's topic what is none: there is a summary only of what has a packet's keys. */
function packetOf(value: unknown): Absentable<Row> | undefined {
  const details: string[] = []
  const summary = formatSummary(value, {
    style: (part, text) => {
      if (part === 'detail') details.push(text)
      return text
    }
  })
  if (summary === undefined) return undefined
  const info = value as PacketInfo
  const eve = toEve(info)
  return {
    action: safeText(info.Action),
    prefix: safeText(info.Prefix.trim()),
    protocol: shown(eve.proto),
    src: shown(eve.src_ip),
    sport: eve.src_port,
    dst: shown(eve.dest_ip),
    dport: eve.dest_port,
    in: shown(info.InDev),
    out: shown(info.OutDev),
    domain: shown(info.RecentDomainDst) ?? shown(info.RecentDomainSrc),
    summary: cut(details.join(' '))
  }
}

type Absentable<T> = { [Key in keyof T]: T[Key] | undefined }

function withoutAbsent(row: Absentable<Row>): Row {
  return Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== undefined && cell !== ''))
}

function shown(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? safeText(value) : undefined
}

function textOf(value: unknown, text: string): string {
  return typeof value === 'string' ? value : text
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}
