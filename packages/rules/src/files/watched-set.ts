import { ConfigError, type WatchedFile, watchFile } from '@packet-logs/config-file'
import { RuleError, type RuleProblem } from '../errors.js'
import { printable } from '../filter/source-text.js'
import { invalidFile } from '../json-file/parse.js'

/** How one kind of rule file is read, and what becomes of it. */
export interface SetReader<Parsed, InForce> {
  /** @throws RuleError `RULE_INVALID` */
  parse(text: string): Parsed
  /** What a file that is not there stands for. */
  readonly empty: Parsed
  /** @throws RuleError `RULE_INVALID` */
  compile(parsed: Parsed): InForce
  /** Takes what is to be in force from now on. */
  use(inForce: InForce): void
}

/** Hears of one rule file. */
export interface SetListener {
  /** Somebody else changed the file, and it is in force now. */
  onLoad(): void
  onProblem(error: RuleError): void
}

interface ReadSet<Parsed, InForce> {
  readonly parsed: Parsed
  readonly inForce: InForce
}

/** One rule file: what of it is in force, and what is wrong with what is on disk. */
export class WatchedSet<Parsed, InForce> {
  readonly path: string
  readonly #reader: SetReader<Parsed, InForce>
  readonly #listener: SetListener
  #watched: WatchedFile | undefined
  #parsed: Parsed
  #problems: readonly RuleProblem[] = []
  #lastReason: string | undefined
  /** Edits, one after the other. */
  #edits: Promise<void> = Promise.resolve()

  constructor(path: string, reader: SetReader<Parsed, InForce>, listener: SetListener) {
    this.path = path
    this.#reader = reader
    this.#listener = listener
    this.#parsed = reader.empty
  }

  /** What is in force, as it was read. */
  get parsed(): Parsed {
    return this.#parsed
  }

  get problems(): readonly RuleProblem[] {
    return this.#problems
  }

  /** Returns after the first look at the file. */
  async open(): Promise<void> {
    let isFirst = true
    this.#watched = await watchFile<ReadSet<Parsed, InForce>>(this.path, {
      parse: text => this.#read(text),
      onLoad: (set, text) => {
        try {
          this.#use(set)
        } catch (error) {
          this.#refuse(error)
          return
        }
        // That there is no file yet is nothing to tell.
        if (!isFirst || text !== undefined) this.#listener.onLoad()
      },
      onProblem: error => {
        this.#refuse(error)
      }
    })
    isFirst = false
  }

  #read(text: string | undefined): ReadSet<Parsed, InForce> {
    const parsed = text === undefined ? this.#reader.empty : this.#reader.parse(text)
    return { parsed, inForce: this.#reader.compile(parsed) }
  }

  #use({ parsed, inForce }: ReadSet<Parsed, InForce>): void {
    this.#reader.use(inForce)
    this.#parsed = parsed
    this.#problems = []
    this.#lastReason = undefined
  }

  #refuse(cause: unknown): void {
    const error = this.#asRuleError(cause)
    this.#problems = error.problems
    if (error.message === this.#lastReason) return
    this.#lastReason = error.message
    this.#listener.onProblem(error)
  }

  #asRuleError(cause: unknown): RuleError {
    if (cause instanceof RuleError) return cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = cause instanceof ConfigError ? reason.replace(`${this.path} `, '') : `cannot be used: ${reason}`
    return invalidFile([{ file: this.path, path: '', message: printable(message) }], cause)
  }

  /**
   * Puts an edited text in the file's place and in force.
   * @param edit makes the new text of what is in force, when the edit's turn comes
   */
  edit(edit: (parsed: Parsed) => string): Promise<void> {
    const done = this.#edits.then(async () => {
      const watched = this.#watched
      if (watched === undefined) throw new TypeError('a rule file is edited after it was opened')
      // An edit is of what the file says now, and not of what it said when its change was last noticed.
      await watched.refresh()
      if (this.#problems.length > 0) throw this.#refuseEdit()
      const text = edit(this.#parsed)
      const set = this.#read(text)
      await watched.write(text)
      this.#use(set)
    })
    this.#edits = done.catch(() => undefined)
    return done
  }

  /** Who writes over a file that could not be read destroys what its author was about to mend. */
  #refuseEdit(): RuleError {
    const first = this.#problems[0]
    const problems = this.#problems.map(problem => {
      return problem === first
        ? { ...problem, message: `${problem.message}; mend the file, then edit it here` }
        : problem
    })
    return invalidFile(problems)
  }

  async close(): Promise<void> {
    await this.#edits
    await this.#watched?.close()
  }
}
