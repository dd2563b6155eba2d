import { NftError } from '../../src/errors.js'
import { applyChanges, type Change } from '../../src/nft/plan.js'
import { findTable, type Ruleset, type TableId } from '../../src/nft/ruleset.js'
import type { NftRunner } from '../../src/nft/runner.js'

/** A kernel in memory: what a runner would do, with places where others can interfere. */
export class MemoryRunner implements NftRunner {
  ruleset: Ruleset
  /** Scripts that were applied as text. */
  readonly scripts: string[] = []
  /** Called before every reading, with its number from 1. */
  beforeRead?: (reading: number) => void
  /** Called with what is about to be applied; what it returns is applied instead. */
  beforeApply?: (changes: readonly Change[]) => readonly Change[]
  /** Called when changes are in place. */
  afterApply?: () => void
  #readings = 0

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset
  }

  async version(): Promise<string> {
    return '1.0.6'
  }

  async read(): Promise<Ruleset> {
    this.beforeRead?.(++this.#readings)
    return this.ruleset
  }

  async listTable(table: TableId): Promise<string | undefined> {
    return findTable(this.ruleset, table) ? `table ${table.family} ${table.name} {\n}\n` : undefined
  }

  async apply(changes: readonly Change[]): Promise<void> {
    const applied = this.beforeApply?.(changes) ?? changes
    try {
      this.ruleset = applyChanges(this.ruleset, applied)
    } catch (cause) {
      throw new NftError('NFT_REJECTED', 'no such rule', { cause })
    }
    this.afterApply?.()
  }

  async applyText(script: string): Promise<void> {
    this.scripts.push(script)
  }

  async readProc(): Promise<string | undefined> {
    return undefined
  }
}
