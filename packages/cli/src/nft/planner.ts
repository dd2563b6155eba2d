import { isOwned, originalOf } from './marker.js'
import type { Change, Plan } from './plan.js'
import { basicTable, isOurChain } from './profiles/basic.js'
import type { Profile } from './profiles/profile.js'
import { eachRule, findTable, logOf, type RuleBody, type Ruleset, type Statement } from './ruleset.js'

/**
 * What has to change so that the ruleset logs as the profile says.
 *
 * @throws NftError `NFT_PROFILE` when the ruleset is not one the profile can work with.
 */
export function planInstall(ruleset: Ruleset, profile: Profile): Plan {
  return profile.plan(ruleset)
}

/** What has to change so that nothing of ours is left, whichever profile put it there, and all else stays as it is. */
export function planRemoval(ruleset: Ruleset): Plan {
  const changes: Change[] = []
  for (const { at, rule } of eachRule(ruleset)) {
    if (!isOwned(rule)) continue
    const restored = restore(rule)
    if (restored) changes.push({ op: 'replace-rule', at, handle: rule.handle, rule: restored })
    else changes.push({ op: 'delete-rule', at, handle: rule.handle })
  }
  changes.push(...planTableRemoval(ruleset))
  return { changes, notes: [] }
}

/** The rule as it was before it was rewritten; `undefined` for one that was added. */
function restore(rule: RuleBody): RuleBody | undefined {
  const original = originalOf(rule)
  if (!original) return undefined
  // The log goes back where a log is now; everything else may have been edited since, and stays.
  const index = rule.expr.findIndex(statement => logOf(statement)?.['group'] !== undefined)
  const log: Statement = { log: original.log }
  const expr = index < 0 ? rule.expr : rule.expr.with(index, log)
  return { expr, ...(original.comment !== undefined && { comment: original.comment }) }
}

/** Chains and table go only when nothing of anybody else's is in them. */
function planTableRemoval(ruleset: Ruleset): Change[] {
  const table = findTable(ruleset, basicTable)
  if (!table) return []
  const ours = table.chains.filter(chain => isOurChain(chain) && chain.rules.every(isOwned))
  const changes = ours.map((chain): Change => {
    return { op: 'delete-chain', at: { family: table.family, table: table.name, chain: chain.name } }
  })
  const onlyOurs = ours.length === table.chains.length && table.sets.length === 0 && table.otherObjects === 0
  if (onlyOurs && ours.length > 0) changes.push({ op: 'delete-table', at: basicTable })
  return changes
}
