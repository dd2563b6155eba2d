import { textWidth } from '../../src/live/width.js'

const SEQUENCE = new RegExp(`^${'\x1b'}\\[(\\??)([0-9;]*)([A-Za-z])`)

/** As much of a terminal as the command uses; what it does not know it refuses, so that nothing else is sent. */
export class Emulator {
  columns: number
  rows: number
  /** What `l` and `h` of private modes left: 1049 alternate screen, 25 cursor, 7 wrapping, 2004 marked pastes. */
  readonly modes: Map<number, boolean> = new Map([
    [25, true],
    [7, true],
    [1049, false],
    [2004, false]
  ])
  /** What was written outside the alternate screen. */
  text = ''
  #cells: string[][] = []
  #row = 0
  #column = 0
  #rest = ''
  /** What was sent for the size before is still to come. */
  #isResized = false

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.#isResized = true
  }

  get lines(): readonly string[] {
    return Array.from({ length: this.rows }, (_, row) => (this.#cells[row] ?? []).join('').trimEnd())
  }

  get isAlternate(): boolean {
    return this.modes.get(1049) === true
  }

  /** Cursor, wrapping and pastes as a shell expects them. */
  get isAsFound(): boolean {
    return !this.isAlternate && this.modes.get(25) === true && this.modes.get(7) === true && !this.modes.get(2004)
  }

  feed(chunk: string): void {
    let text = this.#rest + chunk
    this.#rest = ''
    while (text !== '') {
      if (text[0] !== '\x1b') {
        const [character = ''] = text
        this.#put(character)
        text = text.slice(character.length)
        continue
      }
      const found = SEQUENCE.exec(text)
      if (!found) {
        if (text.length > 20) throw new Error(`no terminal knows ${JSON.stringify(text.slice(0, 20))}`)
        this.#rest = text
        return
      }
      const [sequence, mark = '', parameters = '', final = ''] = found
      this.#obey(mark, parameters, final)
      text = text.slice(sequence.length)
    }
  }

  #obey(mark: string, parameters: string, final: string): void {
    const [first = 1, second = 1] = parameters.split(';').map(Number)
    const what = `${mark}${final}`
    if (what === '?h' || what === '?l') {
      if (!this.modes.has(first)) throw new Error(`no terminal knows mode ${first}`)
      this.modes.set(first, what === '?h')
    } else if (what === 'H') {
      this.#row = first - 1
      this.#column = second - 1
    } else if (what === 'J') {
      this.#cells = []
      this.#isResized = false
    } else if (what === 'K') this.#cells[this.#row] = (this.#cells[this.#row] ?? []).slice(0, this.#column)
    else if (what !== 'm') throw new Error(`no terminal knows ${JSON.stringify(what)}`)
  }

  #put(character: string): void {
    if (!this.isAlternate) {
      this.text += character
      return
    }
    if (character < ' ') throw new Error(`a control character on the screen: ${JSON.stringify(character)}`)
    if (this.#isResized) return
    if (this.#row >= this.rows) throw new Error(`row ${this.#row} is below the screen`)
    const width = textWidth(character)
    if (this.#column + width > this.columns) throw new Error(`column ${this.#column} is right of the screen`)
    this.#cells[this.#row] ??= []
    const line = this.#cells[this.#row] ?? []
    while (line.length < this.#column) line.push(' ')
    if (width === 0) line[this.#column - 1] += character
    else line[this.#column] = character
    for (let more = 1; more < width; more++) line[this.#column + more] = ''
    this.#column += width
  }
}
