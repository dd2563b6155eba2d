import { readFile, rm } from 'node:fs/promises'
import { NftError } from '../errors.js'
import { type Plan, touchedTables } from './plan.js'
import { canonical, findChain, type Ruleset } from './ruleset.js'
import type { NftRunner } from './runner.js'
import { formatUndoScript, writeUndoFile } from './undo-file.js'

export interface EditOptions {
  runner: NftRunner
  /** Pure: what should change in a given ruleset. Called again whenever the ruleset turns out to have changed. */
  plan: (ruleset: Ruleset) => Plan
  /** Shows a plan and asks; `false` leaves everything as it is. */
  confirm: (plan: Plan, before: Ruleset) => Promise<boolean>
  /** Directory for the undo file. */
  stateDirectory: string
}

export type EditOutcome =
  | { kind: 'unchanged' | 'declined'; plan: Plan; before: Ruleset }
  | { kind: 'applied'; plan: Plan; before: Ruleset; undoFile: string }

const maxAttempts = 3

/**
 * Reads, plans, asks, writes the undo file, applies in one transaction, reads again and verifies.
 *
 * @throws NftError `NFT_CHANGED` when others change the ruleset faster than it can be edited or after it was shown,
 * `NFT_VERIFY` when the kernel does not hold what was planned, `NFT_UNDO_FILE`, `NFT_REJECTED`.
 */
export async function editRuleset({ runner, plan, confirm, stateDirectory }: EditOptions): Promise<EditOutcome> {
  const before = await runner.read()
  const shown = plan(before)
  if (shown.changes.length === 0) return { kind: 'unchanged', plan: shown, before }
  if (!(await confirm(shown, before))) return { kind: 'declined', plan: shown, before }
  for (let attempt = 1; ; attempt++) {
    // Handles are only good for the ruleset they were read with, and a person may have taken minutes to answer.
    const current = attempt === 1 && (await isUnchanged(runner, before)) ? before : await runner.read()
    const next = current === before ? shown : plan(current)
    if (intent(next) !== intent(shown)) {
      throw new NftError(
        'NFT_CHANGED',
        'the ruleset was changed by someone else meanwhile; look at the new plan and try again'
      )
    }
    const undoFile = await saveUndo(runner, next, stateDirectory)
    const failure = await tryApply(runner, next, current, undoFile)
    // A failing nft may have done everything before, as when it was killed on its way out.
    if (failure && plan(failure.after).changes.length > 0) {
      await rm(undoFile, { force: true })
      if (failure.isUntouched) throw nothingChanged(failure.error)
      if (attempt === maxAttempts) {
        throw new NftError('NFT_CHANGED', `the ruleset kept changing during ${maxAttempts} attempts; try again later`, {
          cause: failure.error
        })
      }
      continue
    }
    await verify(runner, plan, next, undoFile)
    return { kind: 'applied', plan: next, before: current, undoFile }
  }
}

interface Failure {
  error: NftError
  /** The ruleset that nft left behind. */
  after: Ruleset
  /** Whether that is the one it was given. */
  isUntouched: boolean
}

/** Carries a plan out. When nft fails, only the kernel can say what has become of it. */
async function tryApply(
  runner: NftRunner,
  plan: Plan,
  before: Ruleset,
  undoFile: string
): Promise<Failure | undefined> {
  try {
    await runner.apply(plan.changes)
    return undefined
  } catch (error) {
    if (!(error instanceof NftError) || error.code !== 'NFT_REJECTED') {
      await rm(undoFile, { force: true })
      throw error
    }
    const after = await readBack(runner, error.message, undoFile)
    return { error, after, isUntouched: fingerprint(after) === fingerprint(before) }
  }
}

function nothingChanged(error: NftError): NftError {
  const { code, message, stderr, exitCode } = error
  return new NftError(code, `nothing was changed: ${message}`, {
    cause: error,
    ...(stderr !== undefined && { stderr }),
    ...(exitCode !== undefined && { exitCode })
  })
}

/** The ruleset after a transaction. Without it nobody knows whether there were changes, and saying otherwise would be a lie. */
async function readBack(runner: NftRunner, what: string, undoFile: string): Promise<Ruleset> {
  try {
    return await runner.read()
  } catch (cause) {
    throw new NftError(
      'NFT_VERIFY',
      `${what}; the ruleset cannot be read back to see what came of it: ${messageOf(cause)}; ` +
        `look with: packet-logs nft status; to go back: nft -f ${undoFile}`,
      { cause }
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What a plan does, whatever the handles and counters are at the moment. */
function intent(plan: Plan): string {
  const changes = plan.changes.map(change => {
    const rule = 'rule' in change ? canonical(change.rule) : undefined
    return [change.op, change.at, rule]
  })
  return JSON.stringify(changes)
}

async function isUnchanged(runner: NftRunner, before: Ruleset): Promise<boolean> {
  return fingerprint(await runner.read()) === fingerprint(before)
}

function fingerprint(ruleset: Ruleset): string {
  const tables = ruleset.tables.map(table => {
    const chains = table.chains.map(chain => [
      chain.name,
      chain.base,
      chain.rules.map(rule => [rule.handle, canonical(rule)])
    ])
    return [table.family, table.name, chains]
  })
  return JSON.stringify(tables)
}

async function saveUndo(runner: NftRunner, plan: Plan, directory: string): Promise<string> {
  const listings = await Promise.all(
    touchedTables(plan).map(async table => {
      const text = await runner.listTable(table)
      return { table, ...(text !== undefined && { text }) }
    })
  )
  return writeUndoFile(directory, formatUndoScript(listings))
}

/**
 * The proof is that nothing is left to do. A rewritten rule must also have come back word for word: it may decide about
 * packets, so one that nft's JSON form mangled is undone at once.
 */
async function verify(runner: NftRunner, plan: EditOptions['plan'], applied: Plan, undoFile: string): Promise<void> {
  const after = await readBack(runner, 'the changes were made', undoFile)
  const mangled = applied.changes.find(change => {
    if (change.op !== 'replace-rule') return false
    const wanted = canonical(change.rule)
    return !findChain(after, change.at)?.rules.some(rule => canonical(rule) === wanted)
  })
  if (mangled?.op === 'replace-rule') {
    const { table, chain } = mangled.at
    try {
      await runner.applyText(await readFile(undoFile, 'utf8'))
    } catch (cause) {
      throw new NftError(
        'NFT_VERIFY',
        `nft wrote a rule of chain ${chain} in table ${table} differently from what it was told, and putting it back ` +
          `failed: ${messageOf(cause)}; to go back: nft -f ${undoFile}`,
        { cause }
      )
    }
    throw new NftError(
      'NFT_VERIFY',
      `nft wrote a rule of chain ${chain} in table ${table} differently from what it was told, so everything was put ` +
        'back as it was; please report the rule'
    )
  }
  const left = plan(after).changes
  if (left.length > 0) {
    throw new NftError(
      'NFT_VERIFY',
      `${left.length} of the changes did not last: someone else changes the ruleset at the same time. ` +
        `Try again; to go back: nft -f ${undoFile}`
    )
  }
}
