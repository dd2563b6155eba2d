/** What a rule file may ask for. */
export const MAX_RULES = 100_000
export const MAX_ID_CHARACTERS = 128
export const MAX_TOPICS = 64
export const MAX_TOPIC_CHARACTERS = 256
/** What the filters that are tried for one packet may cost together, each as `costOf` has it. */
export const MAX_RULES_COST = 1_000_000
/** Fields that make up a key. */
export const MAX_BY = 8
export const MAX_TITLE_CHARACTERS = 256
export const MAX_MESSAGE_CHARACTERS = 4096
export const MAX_RULE_ACTIONS = 16
/** Matches that a threshold counts: each takes memory until it is too old. */
export const MAX_COUNT = 10_000
/** Different values that are remembered. */
export const MAX_DISTINCT = 1000
export const LEAST_TIME = '1ms'
export const MOST_TIME = '7d'
