import { createInterface } from 'node:readline/promises'
import { UsageError } from '../../exit-code.js'
import { type Io, takesColor, write } from '../../io.js'
import { editRuleset } from '../../nft/edit-ruleset.js'
import type { Plan } from '../../nft/plan.js'
import type { Ruleset } from '../../nft/ruleset.js'
import type { NftRunner } from '../../nft/runner.js'
import { stateDirectory } from '../../nft/undo-file.js'
import type { EditOptions } from './options.js'
import { formatPlan, planToJson } from './show-plan.js'

interface EditTexts {
  /** The command to repeat with `--yes`. */
  command: string
  unchanged: string
  applied: string
}

/** Shows a plan, asks, carries it out and says what was done: the shared part of install and remove. */
export async function edit(
  io: Io,
  options: EditOptions,
  runner: NftRunner,
  plan: (ruleset: Ruleset) => Plan,
  texts: EditTexts
): Promise<void> {
  const outcome = await editRuleset({
    runner,
    plan,
    stateDirectory: options.stateDir ?? stateDirectory(io.env),
    confirm: async (shown, before) => {
      // Nobody can answer a question about a plan that was not shown.
      if (!options.json) await write(io.stdout, formatPlan(before, shown, takesColor(io.stdout, io.env)))
      else if (!options.yes) await write(io.stderr, formatPlan(before, shown, takesColor(io.stderr, io.env)))
      if (options.yes) return true
      if (!io.stdin.isTTY)
        throw new UsageError(`there is no terminal to ask on, nothing was changed; type: ${texts.command} --yes`)
      return ask(io)
    }
  })
  if (options.json) {
    const { kind, before, plan: done } = outcome
    const undoFile = outcome.kind === 'applied' ? { undoFile: outcome.undoFile } : {}
    await write(io.stdout, `${JSON.stringify({ outcome: kind, ...undoFile, ...planToJson(before, done) })}\n`)
    if (kind === 'declined') throw declined()
    return
  }
  switch (outcome.kind) {
    case 'unchanged':
      await write(io.stdout, formatPlan(outcome.before, outcome.plan, takesColor(io.stdout, io.env)))
      return write(io.stdout, `${texts.unchanged}\n`)
    case 'declined':
      throw declined()
    case 'applied':
      await write(io.stdout, `${texts.applied}\n`)
      return write(io.stderr, `undo file: ${outcome.undoFile}\n`)
  }
}

/** What was asked for is not done, which a script that goes on with `&&` has to know. */
function declined(): Error {
  return new Error('the answer was no: nothing was changed')
}

/** The question goes to standard error, so that standard output can be kept. Ctrl-C, or the end of input, means no. */
async function ask(io: Io): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr })
  try {
    const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
    const answer = await Promise.race([lines.question('Apply this? [y/N] ', { signal: io.signal }), closed])
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    lines.close()
  }
}
