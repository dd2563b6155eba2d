import type { Moment } from './clock.js'
import type { Due } from './due-queue.js'
import type { KeyName } from './key-name.js'
import type { Memory, Remembered } from './memory.js'
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

/** About what a key takes by itself, with a window and its places in tables. */
const KEY_BYTES = 512
const PENDING_BYTES = 256
const CHARACTER_BYTES = 2

/** About what a pending alert takes. */
export function bytesOf({ sighting: { shown, event = '' }, values = [] }: Pending): number {
  const characters = [...shown, ...values].reduce((sum, { length }) => sum + length, event.length)
  return PENDING_BYTES + characters * CHARACTER_BYTES
}

/** What a rule remembers of one key. */
export class KeyState implements Due {
  /** As counted by the table. */
  bytes: number
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
    // The text stands in the name as well as in the values.
    this.bytes = KEY_BYTES + (typeof name === 'string' ? 2 * name.length * CHARACTER_BYTES : 0)
  }
}

/** The keys of one rule, the least recently used forgotten first. */
export class KeyTable implements Remembered {
  evicted = 0
  readonly #maxKeys: number
  readonly #memory: Memory
  readonly #forget: (state: KeyState) => void
  readonly #states = new Map<KeyName, KeyState>()
  #newest: KeyState | undefined
  #oldest: KeyState | undefined
  #bytes = 0

  /** @param forget is told of keys that are forgotten for want of room */
  constructor(maxKeys: number, memory: Memory, forget: (state: KeyState) => void) {
    this.#maxKeys = maxKeys
    this.#memory = memory
    this.#forget = forget
  }

  get size(): number {
    return this.#states.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is known of a key, which becomes the most recently used. */
  use(name: KeyName, make: () => KeyState): KeyState {
    const known = this.#states.get(name)
    if (known !== undefined) {
      if (known !== this.#newest) {
        this.#unlink(known)
        this.#link(known)
      }
      return known
    }
    if (this.#states.size >= this.#maxKeys) this.forgetOldest()
    const made = make()
    this.#states.set(name, made)
    this.#link(made)
    this.#bytes += made.bytes
    this.#memory.take(this, made.bytes)
    return made
  }

  /** To be told how much more, or less, a key remembers than before. */
  remember(state: KeyState, more: number): void {
    if (more === 0) return
    state.bytes += more
    this.#bytes += more
    if (more > 0) this.#memory.take(this, more)
    else this.#memory.giveBack(-more)
  }

  states(): Iterable<KeyState> {
    return this.#states.values()
  }

  forgetOldest(): void {
    const oldest = this.#oldest
    if (oldest === undefined) return
    this.#unlink(oldest)
    this.#states.delete(oldest.name)
    this.#bytes -= oldest.bytes
    this.#memory.giveBack(oldest.bytes)
    this.evicted++
    this.#forget(oldest)
  }

  /** Lets go of all keys; nobody is told. */
  clear(): void {
    this.#memory.leave(this)
    this.#states.clear()
    this.#newest = undefined
    this.#oldest = undefined
    this.#bytes = 0
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
