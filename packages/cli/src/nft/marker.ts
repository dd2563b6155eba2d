import { isList, type Json, type RuleBody } from './ruleset.js'

const marker = 'packet-logs'
// NFTNL_UDATA_COMMENT_MAXLEN is 128 with the closing NUL.
const maxCommentBytes = 127

/** The statements that added rules are made of. */
const harmless: ReadonlySet<string> = new Set(['match', 'limit', 'counter', 'log'])

/** What the comment of an owned rule remembers about the rule that stood there before. */
export interface Original {
  /** The log statement that was replaced. */
  log: Readonly<Record<string, Json>>
  /** The rule's own comment. */
  comment?: string
}

/** Comment of a rule that this command added, with the rule's identity if it has one. */
export function addedMark(id?: string): string {
  return id === undefined ? marker : `${marker} id=${id}`
}

/** True for a rule that this command added or rewrote. */
export function isOwned(rule: RuleBody): boolean {
  return isAdded(rule) || originalOf(rule) !== undefined
}

/**
 * True for a rule that this command added. What decides about packets was never added by it, so whatever its comment says it is
 * somebody else's, and must not be deleted.
 */
export function isAdded({ comment = '', expr }: RuleBody): boolean {
  const isMarked = comment === marker || comment.startsWith(`${marker} id=`)
  return isMarked && expr.every(statement => Object.keys(statement).every(kind => harmless.has(kind)))
}

/**
 * Comment of a rewritten rule. It holds all that is needed to restore the rule, so that removal depends on neither
 * handles nor files. `undefined` when that cannot be said in an nft comment.
 */
export function rewrittenMark(original: Original): string | undefined {
  const { prefix, level, flags, ...others } = original.log
  if (typeof prefix !== 'string' || Object.keys(others).length > 0) return undefined
  const words = [marker, `was=${encode(prefix)}`]
  if (level !== undefined) words.push(`level=${encode(level)}`)
  if (flags !== undefined) words.push(`flags=${isList(flags) ? flags.map(encode).join(',') : encode(flags)}`)
  if (original.comment !== undefined) words.push(`comment=${encode(original.comment)}`)
  const text = words.join(' ')
  return Buffer.byteLength(text) <= maxCommentBytes ? text : undefined
}

/** The inverse of {@link rewrittenMark}; `undefined` for a rule that was added, or a comment that someone changed. */
export function originalOf(rule: RuleBody): Original | undefined {
  if (!rule.comment?.startsWith(`${marker} was=`)) return undefined
  const words = new Map<string, string>()
  for (const word of rule.comment.split(' ').slice(1)) {
    const [name = '', value = ''] = word.split('=')
    words.set(name, value)
  }
  const [was, level, flags, comment] = ['was', 'level', 'flags', 'comment'].map(name => words.get(name))
  if (was === undefined) return undefined
  try {
    return {
      log: {
        prefix: decodeURIComponent(was),
        ...(level !== undefined && { level: decodeURIComponent(level) }),
        ...(flags !== undefined && { flags: decodeFlags(flags) })
      },
      ...(comment !== undefined && { comment: decodeURIComponent(comment) })
    }
  } catch {
    return undefined
  }
}

function decodeFlags(text: string): Json {
  const flags = text.split(',').map(flag => decodeURIComponent(flag))
  return flags.length === 1 ? (flags[0] ?? '') : flags
}

/** Percent-encodes what could end the word or, as a quote does, break nft's own listing; keeps colons readable. */
function encode(value: Json): string {
  return encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('%3A', ':')
}
