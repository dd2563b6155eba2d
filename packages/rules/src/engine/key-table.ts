import type { Moment } from './clock.js'
import type { Due } from './due-queue.js'
import type { KeyName } from './key-name.js'
import type { Window } from './windows.js'

/** The values of a rule's `by` fields. */
export type KeyValues = Readonly<Record<string, string | number | boolean>>

/** What matched, as far as an alert needs it: packets and events are gone when a summary is due. */
export interface Sighting {
  readonly topic: string
  /** The texts of the fields that templates show. */
  readonly shown: readonly string[]
  /** JSON. */
  readonly event: string | undefined
}

/** What came after an alert and waits to be summed up. */
export interface Pending {
  readonly sighting: Sighting
  count: number
  readonly firstMs: number
  lastMs: number
  values: readonly string[] | undefined
}

/** The rule that a key is one of. */
export interface KeyOwner {
  /** The key's time has come. */
  summarise(state: KeyState, now: Moment): void
}

/** What a rule remembers of one key. */
export class KeyState implements Due {
  readonly owner: KeyOwner
  readonly name: KeyName
  readonly values: KeyValues
  readonly window: Window | undefined
  /** Within a cooldown until then. */
  quietUntilMs: number = Number.NEGATIVE_INFINITY
  pending: Pending | undefined
  dueMs = 0
  place = -1
  newer: KeyState | undefined
  older: KeyState | undefined

  constructor(owner: KeyOwner, name: KeyName, values: KeyValues, window: Window | undefined) {
    this.owner = owner
    this.name = name
    this.values = values
    this.window = window
  }
}

/** What windows of one rule remember together: matches and values. */
export const MAX_REMEMBERED: number = 1 << 20

/** The keys of one rule, the least recently used forgotten first. */
export class KeyTable {
  evicted = 0
  readonly #maxKeys: number
  readonly #forget: (state: KeyState) => void
  readonly #states = new Map<KeyName, KeyState>()
  #newest: KeyState | undefined
  #oldest: KeyState | undefined
  #remembered = 0

  constructor(maxKeys: number, forget: (state: KeyState) => void) {
    this.#maxKeys = maxKeys
    this.#forget = forget
  }

  get size(): number {
    return this.#states.size
  }

  /** What is known of a key, which becomes the most recently used. */
  use(name: KeyName, make: () => KeyState): KeyState {
    const known = this.#states.get(name)
    if (known !== undefined) {
      this.#unlink(known)
      this.#link(known)
      return known
    }
    if (this.#states.size >= this.#maxKeys) this.#evictOldest()
    const made = make()
    this.#states.set(name, made)
    this.#link(made)
    return made
  }

  /** To be told how much more a key in use remembers than before. */
  remember(more: number): void {
    this.#remembered += more
    while (this.#remembered > MAX_REMEMBERED && this.#states.size > 1) this.#evictOldest()
  }

  states(): Iterable<KeyState> {
    return this.#states.values()
  }

  #evictOldest(): void {
    const oldest = this.#oldest
    if (oldest === undefined) return
    this.#unlink(oldest)
    this.#states.delete(oldest.name)
    this.#remembered -= oldest.window?.size ?? 0
    this.evicted++
    this.#forget(oldest)
  }

  #link(state: KeyState): void {
    state.older = this.#newest
    state.newer = undefined
    if (this.#newest === undefined) this.#oldest = state
    else this.#newest.newer = state
    this.#newest = state
  }

  #unlink({ newer, older }: KeyState): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
