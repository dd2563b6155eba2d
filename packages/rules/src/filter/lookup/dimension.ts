import type { Network } from '../address.js'
import { Address } from '../address.js'
import type { Reader } from '../compile.js'
import type { Field } from '../fields/field.js'
import type { Value } from '../value.js'
import { Beginnings } from './beginnings.js'
import type { Candidates } from './candidates.js'
import { addTo } from './candidates.js'
import { NetworkTrie } from './network-trie.js'
import type { Wanted } from './requirement.js'

/** One field, and the filters that require something of it. */
export interface Dimension<V> {
  add(wanted: Wanted, filter: number): void
  /** To be called when all were added. */
  link(): void
  find(view: V): Candidates | undefined
  /** All that can be found. */
  candidates(): Iterable<Candidates>
}

export function dimensionOf<V>(field: Field, reader: Reader<V>): Dimension<V> {
  return field.notation === 'ip' ? new AddressDimension(field, reader) : new ValueDimension(field, reader)
}

class ValueDimension<V> implements Dimension<V> {
  readonly #read: (view: V) => Value
  readonly #values = new Map<Value, Candidates>()
  #beginnings: Beginnings | undefined

  constructor(field: Field, reader: Reader<V>) {
    this.#read = reader.value(field)
  }

  add(wanted: Wanted, filter: number): void {
    if (wanted.is === 'value') addTo(this.#values, wanted.value, filter)
    else if (wanted.is === 'beginning') {
      this.#beginnings ??= new Beginnings()
      this.#beginnings.add(wanted.text, filter)
    }
  }

  link(): void {
    this.#beginnings?.link()
    for (const [value, candidates] of this.#values) {
      if (typeof value === 'string') candidates.wider = this.#beginnings?.find(value)
    }
  }

  find(view: V): Candidates | undefined {
    const value = this.#read(view)
    if (value === undefined) return undefined
    const found = this.#values.get(value)
    if (found !== undefined || this.#beginnings === undefined || typeof value !== 'string') return found
    return this.#beginnings.find(value)
  }

  candidates(): Iterable<Candidates> {
    return [...this.#values.values(), ...(this.#beginnings?.candidates() ?? [])]
  }
}

/** Addresses are looked up as numbers, as they are compared. */
class AddressDimension<V> implements Dimension<V> {
  readonly #address = new Address()
  readonly #read: (view: V, into: Address) => boolean
  /** Single IPv4 addresses by their bits: as signed numbers, which take no memory of their own. */
  readonly #ipv4 = new Map<number, Candidates>()
  readonly #ipv4Networks = new NetworkTrie(4)
  readonly #ipv6Networks = new NetworkTrie(6)

  constructor(field: Field, reader: Reader<V>) {
    const readText = reader.value(field)
    this.#read =
      reader.address(field) ??
      ((view, into) => {
        const text = readText(view)
        return typeof text === 'string' && into.readText(text)
      })
  }

  add(wanted: Wanted, filter: number): void {
    if (wanted.is !== 'network') return
    const { network } = wanted
    if (isSingleIpv4(network)) addTo(this.#ipv4, (network.words[0] ?? 0) | 0, filter)
    else if (network.version === 4) this.#ipv4Networks.add(network, filter)
    else this.#ipv6Networks.add(network, filter)
  }

  link(): void {
    this.#ipv4Networks.link()
    this.#ipv6Networks.link()
    for (const [word, candidates] of this.#ipv4) candidates.wider = this.#ipv4Networks.find([word])
  }

  find(view: V): Candidates | undefined {
    const address = this.#address
    if (!this.#read(view, address)) return undefined
    const { words } = address
    if (address.version === 6) return this.#ipv6Networks.find(words)
    return this.#ipv4.get((words[0] ?? 0) | 0) ?? this.#ipv4Networks.find(words)
  }

  candidates(): Iterable<Candidates> {
    return [...this.#ipv4.values(), ...this.#ipv4Networks.candidates(), ...this.#ipv6Networks.candidates()]
  }
}

function isSingleIpv4({ version, bits }: Network): boolean {
  return version === 4 && bits === 32
}
