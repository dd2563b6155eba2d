/** What somebody remembers and can forget, the least recently used first. */
export interface Remembered {
  readonly bytes: number
  readonly size: number
  forgetOldest(): void
}

/** One part in so many is forgotten at a time, so that finding who remembers most costs little. */
const PART = 256

/** The memory that the rules of an engine share. When it is full, whoever remembers most has to forget. */
export class Memory {
  readonly #maxBytes: number
  readonly #users = new Set<Remembered>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @param user its own bytes say so already; the last of what it remembers is in use, and stays */
  take(user: Remembered, bytes: number): void {
    this.#bytes += bytes
    this.#users.add(user)
    if (this.#bytes > this.#maxBytes) this.#makeRoom(user)
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes
  }

  /** To be called when a user is gone, with all that it remembers. */
  leave(user: Remembered): void {
    if (this.#users.delete(user)) this.#bytes -= user.bytes
  }

  #makeRoom(inUse: Remembered): void {
    const enough = this.#maxBytes - this.#maxBytes / PART
    while (this.#bytes > enough) {
      let most: Remembered | undefined
      for (const user of this.#users) {
        const isForgetful = user.size > (user === inUse ? 1 : 0)
        if (isForgetful && (most === undefined || user.bytes > most.bytes)) most = user
      }
      if (most === undefined) return
      const least = most === inUse ? 1 : 0
      const less = most.bytes - Math.max(most.bytes / PART, 1)
      while (this.#bytes > enough && most.bytes > less && most.size > least) most.forgetOldest()
    }
  }
}
