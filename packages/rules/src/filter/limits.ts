/** Filters come from anybody who may read the bus, so each is bounded before it runs, and so is each step while it runs. */

/** Characters of a filter. */
export const MAX_SOURCE_CHARACTERS = 16_384
export const MAX_NODES = 2000
export const MAX_DEPTH = 32
/** Entries of a list, written in the filter or met in an event. */
export const MAX_LIST_ITEMS = 1000
/** Elements of an event's list that `exists` and its like go through. */
export const MAX_EVENT_ITEMS = 100
/** Characters of a text that is searched; a longer one counts as absent. */
export const MAX_TEXT_CHARACTERS = 4096
/** Characters of a pattern, or of a text that is looked for in another. */
export const MAX_PATTERN_CHARACTERS = 256
/** Instructions of a compiled regular expression. */
export const MAX_PATTERN_INSTRUCTIONS = 256
/** Characters of a text that a regular expression goes through: at worst each costs all instructions. */
export const MAX_MATCHED_CHARACTERS = 1024
/** Characters of an event that are parsed; a longer one has its topic and nothing else. */
export const MAX_EVENT_CHARACTERS = 1_048_576
/** What the steps of a filter may add up to: a comparison counts 1 to 5, a search {@link SEARCH_COST}. */
export const MAX_COST = 10_000
export const SEARCH_COST = 50
/** The largest regular expression counts this many searches. */
export const MAX_PATTERN_SEARCHES = 40
