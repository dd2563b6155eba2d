import type { Plan } from '../plan.js'
import type { Ruleset } from '../ruleset.js'

/** Knows what a ruleset should look like once packets are logged. Pure: the same ruleset gives the same plan. */
export interface Profile {
  readonly name: 'basic' | 'spr'
  /** @throws NftError `NFT_PROFILE` when the ruleset is not one this profile can work with. */
  plan(ruleset: Ruleset): Plan
}
