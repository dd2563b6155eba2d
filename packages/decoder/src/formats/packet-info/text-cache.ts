import { Fragment } from '../../bytes/fragment.js'

const MAX_ENTRIES = 512

/**
 * Text made from the few strings a firewall repeats: prefixes, actions, device names. Bounded, since an outsider might
 * find a way to vary them; full, it starts over.
 */
export class TextCache {
  readonly #make: (text: string) => string
  readonly #fragments = new Map<string, Fragment>()
  #lastText: string | undefined
  #lastFragment: Fragment

  constructor(make: (text: string) => string) {
    this.#make = make
    this.#lastFragment = new Fragment('')
  }

  get(text: string): Fragment {
    if (text === this.#lastText) return this.#lastFragment
    let fragment = this.#fragments.get(text)
    if (fragment === undefined) {
      fragment = new Fragment(this.#make(text))
      if (this.#fragments.size >= MAX_ENTRIES) this.#fragments.clear()
      this.#fragments.set(text, fragment)
    }
    this.#lastText = text
    this.#lastFragment = fragment
    return fragment
  }
}
