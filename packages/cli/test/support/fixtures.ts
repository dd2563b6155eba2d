import { readFileSync } from 'node:fs'
import { parseRuleset } from '../../src/nft/parse-ruleset.js'
import type { Ruleset } from '../../src/nft/ruleset.js'

/** A file of `test/fixtures/`. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}

/** What `nft -j -a list ruleset` printed for the ruleset in `NAME.nft`. */
export function fixtureRuleset(name: 'spr-2022' | 'spr-today'): Ruleset {
  return parseRuleset(readFixture(`${name}.json`))
}
