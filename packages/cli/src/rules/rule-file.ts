import type { Readable } from 'node:stream'
import { safeText } from '@packet-logs/decoder'
import { readInput } from '../input.js'

/** The kinds of rule files, by the names they usually have. */
export const ruleFileKinds = ['notifications', 'alerts', 'rules'] as const
export type RuleFileKind = (typeof ruleFileKinds)[number]

/** A rule file as it was read. */
export interface RuleFile {
  /** What it is called in messages; harmless to a terminal. */
  readonly name: string
  readonly text: string
  readonly kind: RuleFileKind
}

export interface OpenRuleFileOptions {
  stdin: Readable
  signal: AbortSignal
  /** Default: what its content says. */
  kind?: RuleFileKind | undefined
}

/** No rule file is longer; the rest of it need not be read to say so. */
const maxBytes = 16 * 1024 * 1024

/**
 * Reads a rule file, or with `-` standard input.
 *
 * @throws what {@link readInput} does; Error for what is no text
 */
export async function readRuleFile(path: string, { stdin, signal, kind }: OpenRuleFileOptions): Promise<RuleFile> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of readInput(path, { stdin, signal })) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`${ruleFileName(path)} is longer than ${maxBytes} bytes; no rule file is`)
    chunks.push(chunk)
  }
  const name = ruleFileName(path)
  const text = textOf(Buffer.concat(chunks), name)
  return { name, text, kind: kind ?? kindOf(text, path) }
}

/** What a rule file is called in messages. */
export function ruleFileName(path: string): string {
  return path === '-' ? 'standard input' : safeText(path)
}

/** The mark that editors of another system put in front, which neither JSON nor YAML knows, is left out. */
function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error(`${name} is not text in UTF-8, and no service loads it; save it as UTF-8`)
  }
}

/** Which kind of rules a text holds: SPR's files are lists, and their entries tell them apart. */
export function kindOf(text: string, path = ''): RuleFileKind {
  const start = text.trimStart()
  if (!start.startsWith('[') && start.trimEnd() !== 'null') return 'rules'
  const entries = parseList(text)
  if (entries?.some(isAlert)) return 'alerts'
  if (entries?.some(isObject)) return 'notifications'
  // Nothing in it, or it is broken: what is broken is told by whoever reads it as what it most likely is.
  const isAboutAlerts = /"(?:TopicPrefix|JPath|RuleId|Actions)"/i.test(text)
  return isAboutAlerts || (entries?.some(isObject) !== true && /alerts[^/]*$/i.test(path)) ? 'alerts' : 'notifications'
}

function isAlert(entry: unknown): boolean {
  if (!isObject(entry)) return false
  const keys = new Map(Object.entries(entry).map(([key, value]) => [key.toLowerCase(), value]))
  return keys.has('topicprefix') || keys.has('actions') || Array.isArray(keys.get('conditions'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseList(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? (parsed as unknown[]) : []
  } catch {
    return undefined
  }
}
