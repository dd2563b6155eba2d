import { NftError } from '../errors.js'
import {
  asObject,
  type BaseChain,
  isList,
  type Json,
  type NamedSet,
  type Rule,
  type Ruleset,
  type Statement
} from './ruleset.js'

type JsonObject = Readonly<Record<string, Json>>

interface OpenTable {
  family: string
  name: string
  chains: OpenChain[]
  sets: NamedSet[]
  otherObjects: number
}

interface OpenChain {
  name: string
  base?: BaseChain
  rules: Rule[]
}

/**
 * Reads what `nft -j -a list ruleset` prints.
 *
 * @throws NftError `NFT_OUTPUT` when the text is not that.
 */
export function parseRuleset(text: string): Ruleset {
  const tables = new Map<string, OpenTable>()
  const chains = new Map<string, OpenChain>()
  for (const entry of readEntries(text)) {
    const [kind, value] = Object.entries(entry)[0] ?? []
    const object = asObject(value)
    if (kind === undefined || kind === 'metainfo' || !object) continue
    if (kind === 'table') {
      const table = { family: str(object, 'family'), name: str(object, 'name'), chains: [], sets: [], otherObjects: 0 }
      tables.set(key(table.family, table.name), table)
      continue
    }
    const table = tables.get(key(str(object, 'family'), str(object, 'table')))
    if (!table) throw malformed(`a ${kind} of a table that was not listed before it`)
    if (kind === 'chain') {
      const chain = readChain(object)
      table.chains.push(chain)
      chains.set(key(table.family, table.name, chain.name), chain)
    } else if (kind === 'rule') {
      const chain = chains.get(key(table.family, table.name, str(object, 'chain')))
      if (!chain) throw malformed('a rule of a chain that was not listed before it')
      chain.rules.push(readRule(object))
    } else if (kind === 'set' || kind === 'map') {
      const elements = object['elem']
      table.sets.push({ name: str(object, 'name'), elements: isList(elements) ? elements : [] })
    } else {
      table.otherObjects++
    }
  }
  return { tables: [...tables.values()] }
}

function readEntries(text: string): JsonObject[] {
  let document: Json
  try {
    document = JSON.parse(text) as Json
  } catch (cause) {
    throw malformed('something that is not JSON', { cause })
  }
  const entries = asObject(document)?.['nftables']
  if (!isList(entries)) throw malformed('JSON without a list "nftables"')
  return entries.map(entry => asObject(entry) ?? {})
}

function readChain(object: JsonObject): OpenChain {
  const chain: OpenChain = { name: str(object, 'name'), rules: [] }
  if (typeof object['hook'] === 'string') {
    const policy = object['policy']
    chain.base = {
      type: str(object, 'type'),
      hook: object['hook'],
      priority: num(object, 'prio'),
      policy: typeof policy === 'string' ? policy : 'accept'
    }
  }
  return chain
}

function readRule(object: JsonObject): Rule {
  const expr = object['expr']
  const comment = object['comment']
  return {
    handle: num(object, 'handle'),
    expr: isList(expr) ? expr.map((statement): Statement => asObject(statement) ?? {}) : [],
    ...(typeof comment === 'string' && { comment })
  }
}

function str(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw malformed(`an object whose "${name}" is not text`)
  return value
}

function num(object: JsonObject, name: string): number {
  const value = object[name]
  if (typeof value !== 'number') throw malformed(`an object whose "${name}" is not a number`)
  return value
}

function key(...parts: string[]): string {
  return parts.join('\n')
}

function malformed(what: string, options?: ErrorOptions): NftError {
  return new NftError('NFT_OUTPUT', `nft -j list ruleset printed ${what}; is this nft 0.9.4 or newer?`, options)
}
