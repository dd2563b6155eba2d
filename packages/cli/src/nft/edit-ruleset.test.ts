import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { MemoryRunner } from '../../test/support/memory-runner.js'
import { NftError } from '../errors.js'
import { type EditOutcome, editRuleset } from './edit-ruleset.js'
import { applyChanges } from './plan.js'
import { sprProfile } from './profiles/spr.js'
import { findChain } from './ruleset.js'

const input = { family: 'inet', table: 'filter', chain: 'INPUT' }
const foreignRule = { expr: [{ accept: null }] }
let directory: string
let runner: MemoryRunner

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-edit-'))
  runner = new MemoryRunner(fixtureRuleset('spr-2022'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function edit(confirm = async (): Promise<boolean> => true): Promise<EditOutcome> {
  return editRuleset({ runner, plan: ruleset => sprProfile().plan(ruleset), confirm, stateDirectory: directory })
}

function someoneAddsARule(): void {
  runner.ruleset = applyChanges(runner.ruleset, [{ op: 'add-rule', at: input, rule: foreignRule }])
}

function someoneReloads(): void {
  // The same rules under other handles, as after `nft -f`.
  const tables = runner.ruleset.tables.map(table => ({
    ...table,
    chains: table.chains.map(chain => ({
      ...chain,
      rules: chain.rules.map(rule => ({ ...rule, handle: rule.handle + 1_000 }))
    }))
  }))
  runner.ruleset = { tables }
}

describe('editRuleset', () => {
  it('writes an undo file of the tables it touches, applies, and has nothing to do the second time', async () => {
    const outcome = await edit()
    expect(outcome.kind).toBe('applied')
    const undo = outcome.kind === 'applied' ? await readFile(outcome.undoFile, 'utf8') : ''
    expect(undo).toMatch(/^table inet filter\ndelete table inet filter\ntable inet filter \{\n\}\n$/m)
    expect(undo).not.toContain('nat')
    expect((await edit()).kind).toBe('unchanged')
  })

  it('leaves everything as it is when the answer is no', async () => {
    const before = runner.ruleset
    expect((await edit(async () => false)).kind).toBe('declined')
    expect(runner.ruleset).toBe(before)
    expect(await readdir(directory)).toEqual([])
  })

  it('plans again when the ruleset was reloaded while the question was open', async () => {
    const outcome = await edit(async () => {
      someoneReloads()
      return true
    })
    expect(outcome.kind).toBe('applied')
    expect(findChain(runner.ruleset, input)?.rules.some(rule => rule.comment === 'packet-logs')).toBe(true)
  })

  it('plans again when the ruleset changes between reading and applying', async () => {
    let calls = 0
    runner.beforeApply = changes => {
      if (++calls === 1) someoneReloads()
      return changes
    }
    expect((await edit()).kind).toBe('applied')
    expect(calls).toBe(2)
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('gives up when the ruleset never stands still, and leaves no undo file behind', async () => {
    runner.beforeApply = changes => {
      someoneReloads()
      return changes
    }
    await expect(edit()).rejects.toMatchObject({ code: 'NFT_CHANGED' })
    expect(await readdir(directory)).toEqual([])
  })

  it('refuses to do something other than what was shown', async () => {
    const answered = edit(async () => {
      const rule = findChain(runner.ruleset, { ...input, chain: 'DROPLOGINP' })?.rules[0]
      const at = { ...input, chain: 'DROPLOGINP' }
      runner.ruleset = applyChanges(runner.ruleset, [{ op: 'delete-rule', at, handle: rule?.handle ?? -1 }])
      return true
    })
    await expect(answered).rejects.toMatchObject({ code: 'NFT_CHANGED' })
  })

  it('is not disturbed by rules that others add elsewhere', async () => {
    runner.beforeRead = reading => {
      if (reading > 1) someoneAddsARule()
    }
    expect((await edit()).kind).toBe('applied')
  })

  it('puts everything back when a rewritten rule comes out different from what was asked', async () => {
    runner.beforeApply = changes =>
      changes.map(change => (change.op === 'replace-rule' ? { ...change, rule: { expr: [{ drop: null }] } } : change))
    await expect(edit()).rejects.toMatchObject({ code: 'NFT_VERIFY' })
    expect(runner.scripts).toHaveLength(1)
    expect(runner.scripts[0]).toContain('delete table inet filter')
  })

  it('says so when someone takes the rules out again at once', async () => {
    runner.beforeApply = changes => changes.filter(change => change.op === 'replace-rule')
    await expect(edit()).rejects.toMatchObject({ code: 'NFT_VERIFY' })
    expect(runner.scripts).toEqual([])
  })

  it('says that nothing was changed only when nothing was', async () => {
    runner.beforeApply = () => {
      throw new NftError('NFT_REJECTED', 'nft refused (exit code 1): no')
    }
    await expect(edit()).rejects.toThrow('nothing was changed: nft refused')
    expect(await readdir(directory)).toEqual([])
  })

  it('has done its work when nft did all of it and was killed on its way out', async () => {
    runner.afterApply = () => {
      throw new NftError('NFT_REJECTED', 'nft refused (exit code 137): killed')
    }
    expect((await edit()).kind).toBe('applied')
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('promises nothing and keeps the undo file when the ruleset cannot be read back', async () => {
    runner.beforeRead = reading => {
      if (reading === 3) throw new NftError('NFT_OUTPUT', 'nft could not list the ruleset')
    }
    const error = await edit().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'NFT_VERIFY' })
    expect(String(error)).toMatch(/the changes were made; .*cannot be read back.*to go back: nft -f /)
    expect(String(error)).not.toContain('nothing was changed')
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('says how to go back when it could not put everything back by itself', async () => {
    runner.beforeApply = changes =>
      changes.map(change => (change.op === 'replace-rule' ? { ...change, rule: { expr: [{ drop: null }] } } : change))
    runner.applyText = async () => {
      throw new NftError('NFT_REJECTED', 'nft refused (exit code 1): busy')
    }
    await expect(edit()).rejects.toThrow(/putting it back failed: .*busy; to go back: nft -f /)
  })

  it('changes nothing when the undo file cannot be written', async () => {
    const before = runner.ruleset
    const failing = editRuleset({
      runner,
      plan: ruleset => sprProfile().plan(ruleset),
      confirm: async () => true,
      stateDirectory: '/dev/null/packet-logs'
    })
    await expect(failing).rejects.toMatchObject({ code: 'NFT_UNDO_FILE' })
    expect(runner.ruleset).toBe(before)
  })
})
