/** A log rule as its prefix names it. */
export interface Rule {
  /** The prefix without blanks and identity: `drop:input`. */
  readonly name: string
  /** What stands behind the last `#`: it names one rule for good, whatever number it gets when rules are reloaded. */
  readonly id: string
}

/** Anything but another `#` and blanks, and no longer than nft lets a prefix be. */
const NAME_AND_ID = /^(.*)#([^#\s]{1,126})\s*$/su

/** Reads `name#id` from a log prefix; `undefined` for a prefix that carries no identity. */
export function parseRule(prefix: string): Rule | undefined {
  const [, name = '', id = ''] = NAME_AND_ID.exec(prefix) ?? []
  return id === '' ? undefined : { name: name.trim(), id }
}
