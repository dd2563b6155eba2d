import type { Frame } from './frame.js'

const reset = '\x1b[0m'

/** Turns frames into what a terminal has to be sent: only the rows that changed. */
export class Painter {
  #lines: readonly string[] = []
  #cursor: Frame['cursor']
  #isUnknown = true

  /** What the terminal shows is not known any more: the next frame is drawn whole. */
  forget(): void {
    this.#isUnknown = true
  }

  paint({ lines, cursor }: Frame): string {
    let text = this.#isUnknown ? `${reset}\x1b[2J` : ''
    for (const [row, line] of lines.entries()) {
      if (!this.#isUnknown && line === this.#lines[row]) continue
      // The end of the line is cleared first: after a line of full width the cursor would stand on its last character.
      text += `\x1b[${row + 1};1H${reset}\x1b[K${line}${reset}`
    }
    if (text !== '' || cursor?.column !== this.#cursor?.column || cursor?.row !== this.#cursor?.row) {
      text += cursor ? `\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h` : '\x1b[?25l'
    }
    this.#lines = lines
    this.#cursor = cursor
    this.#isUnknown = false
    return text
  }
}
