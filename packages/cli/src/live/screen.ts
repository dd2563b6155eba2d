import type { Frame } from './frame.js'
import { Painter } from './painter.js'
import type { Terminal } from './terminal.js'

/** At most 20 frames a second. */
const frameMs = 50
/** A frame may take this part of the time; on a slow line there are fewer of them. */
const share = 4

/** Draws on a terminal when there is something new, however often that is. */
export class Screen implements Disposable {
  readonly #terminal: Terminal
  readonly #render: () => Frame
  readonly #painter = new Painter()
  readonly #draw = (): void => this.#drawNow()
  #timer: NodeJS.Timeout | undefined
  #isBehind = false
  #isClosed = false
  #nextMs = 0

  constructor(terminal: Terminal, render: () => Frame) {
    this.#terminal = terminal
    this.#render = render
  }

  /** There is something new to be seen. */
  request(): void {
    if (this.#isClosed || this.#isBehind || this.#timer) return
    this.#timer = setTimeout(this.#draw, Math.max(0, this.#nextMs - performance.now()))
  }

  /** What the terminal shows is not what was drawn. */
  requestAll(): void {
    this.#painter.forget()
    this.request()
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #drawNow(): void {
    this.#timer = undefined
    const startMs = performance.now()
    const hasRoom = this.#terminal.write(this.#painter.paint(this.#render()))
    const endMs = performance.now()
    this.#nextMs = Math.max(startMs + frameMs, endMs + (endMs - startMs) * share)
    if (hasRoom) return
    this.#isBehind = true
    this.#terminal.drained(() => {
      this.#isBehind = false
      this.request()
    })
  }
}
