import { formatConfig } from '@packet-logs/config-file'
import type { Severity } from '../engine/alert.js'
import type { RuleProblem } from '../errors.js'
import { printable } from '../filter/source-text.js'
import { checkedSchema } from '../rules-file/parse.js'

/** How a file of SPR's becomes a `rules.yaml`. */
export interface MigrateOptions {
  /** What the text is called in problems and comments. Default: the name SPR gives the file. */
  readonly file?: string
  /** `strict`, the default: what people will have meant. `spr`: what SPR makes of it, to the letter. */
  readonly reading?: 'strict' | 'spr'
}

/** A `rules.yaml` made of a file of SPR's. */
export interface Migration {
  /** The new file; what could not be carried over stands in its comments. */
  readonly text: string
  /** How many rules it holds. */
  readonly rules: number
  /** What could not be carried over, with the place in the old file; empty when everything was. */
  readonly problems: readonly RuleProblem[]
}

/** A rule as it is written in `rules.yaml`. */
export interface WrittenRule {
  readonly id: string
  readonly when: string
  readonly topics?: readonly string[]
  readonly severity?: Severity
  readonly title?: string
  readonly message?: string
  readonly suffix?: string
  readonly actions?: readonly string[]
  readonly enabled?: boolean
}

const INDENT = '  '
const MAX_COMMENT_CHARACTERS = 1000

/** Writes a `rules.yaml` rule by rule, each under its comments, and keeps account of what is lost. */
export class RulesWriter {
  readonly problems: RuleProblem[] = []
  readonly #file: string
  readonly #introduction: string
  #body = ''
  readonly #ids = new Set<string>()

  constructor(file: string, introduction: readonly string[]) {
    this.#file = file
    this.#introduction = introduction.map(line => `# ${printable(line)}\n`).join('')
  }

  /** Something that the new file cannot say. */
  lose(line: number | undefined, path: string, message: string): void {
    this.problems.push({ file: this.#file, ...(line === undefined ? {} : { line }), path, message: printable(message) })
  }

  comment(text: string): void {
    const shown = printable(text)
    const cut = shown.length > MAX_COMMENT_CHARACTERS ? `${shown.slice(0, MAX_COMMENT_CHARACTERS)}…` : shown
    this.#body += `${INDENT}# ${cut}\n`
  }

  /** @returns why no rule can be so; then it is not written */
  rule(rule: WrittenRule): string | undefined {
    const [issue] = checkedSchema.safeParse({ rules: [rule] }).error?.issues ?? []
    if (issue !== undefined) {
      const [field = ''] = issue.path.slice(2)
      const [reason = ''] = issue.message.split('\n')
      return field === 'when' ? reason : `${String(field)} ${reason}`
    }
    const item = formatConfig([{ ...rule, id: this.#unused(rule.id) }])
    this.#body += item.replace(/^(?=.)/gm, INDENT)
    return undefined
  }

  #unused(wanted: string): string {
    let id = wanted
    for (let number = 2; this.#ids.has(id); number++) id = `${wanted}-${number}`
    this.#ids.add(id)
    return id
  }

  finish(): Migration {
    const rules = this.#ids.size
    const body = rules === 0 ? `${this.#body}rules: []\n` : `rules:\n${this.#body}`
    return { text: `${this.#introduction}\n${body}`, rules, problems: this.problems }
  }
}
