/** Something that happens at a time; it knows its place in the queue, so that it can be taken out again. */
export interface Due {
  dueMs: number
  /** -1 outside of the queue; set by the queue alone. */
  place: number
}

/** A binary heap by time. */
export class DueQueue<Item extends Due> {
  readonly #items: Item[] = []

  get first(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item, dueMs: number): void {
    item.dueMs = dueMs
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  remove(item: Item): void {
    const { place } = item
    if (place < 0) return
    item.place = -1
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#sink(last, place)
    this.#rise(last, last.place)
  }

  #rise(item: Item, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#items[above]
      if (parent === undefined || parent.dueMs <= item.dueMs) break
      this.#put(parent, place)
      place = above
    }
    this.#put(item, place)
  }

  #sink(item: Item, from: number): void {
    let place = from
    for (;;) {
      let below = 2 * place + 1
      let child = this.#items[below]
      const other = this.#items[below + 1]
      if (child !== undefined && other !== undefined && other.dueMs < child.dueMs) {
        child = other
        below++
      }
      if (child === undefined || child.dueMs >= item.dueMs) break
      this.#put(child, place)
      place = below
    }
    this.#put(item, place)
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item
    item.place = place
  }
}
