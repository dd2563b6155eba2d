import { StringDecoder } from 'node:string_decoder'
import type { Io } from '../io.js'
import { type Key, KeyParser } from './keys.js'
import type { Size } from './state.js'

/** Alternate screen, no cursor, no wrapping of long lines, pasted text marked as such. */
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h'
const leave = '\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l'
/** An escape that nothing follows for so long was the key; over a slow line its sequences come in pieces. */
const escapeMs = 60
/** How long a shell may take to stop a process that asked for it. */
const stopMs = 200
const defaultSize: Size = { columns: 80, rows: 24 }

/** Signals that end a process and that the command does not end by itself upon. */
const deadly = ['SIGQUIT', 'SIGABRT', 'SIGALRM', 'SIGUSR2', 'SIGXCPU'] as const

/** What a terminal tells. */
export interface TerminalListener {
  key(key: Key): void
  /** It has another size, or shows what was not drawn: everything is to be drawn again. */
  resized(): void
  /** Nobody can type any more. */
  gone(): void
}

/** A terminal that is drawn on, given back as it was found whatever ends the process short of SIGKILL. */
export class Terminal implements Disposable {
  readonly #io: Io
  readonly #listener: TerminalListener
  readonly #parser = new KeyParser()
  readonly #decoder = new StringDecoder('utf8')
  readonly #onData = (chunk: Buffer | string): void => this.#receive(chunk)
  readonly #onGone = (): void => {
    this.#isHungUp = true
    this.#listener.gone()
  }
  readonly #onResize = (): void => this.#listener.resized()
  readonly #onContinue = (): void => this.#resume()
  readonly #restore = (): void => this.#leave()
  readonly #onDeadly = (signal: NodeJS.Signals): void => {
    this[Symbol.dispose]()
    process.kill(process.pid, signal)
  }
  #escapeTimer: NodeJS.Timeout | undefined
  #stopTimer: NodeJS.Timeout | undefined
  #isEntered = false
  #isHungUp = false

  constructor(io: Io, listener: TerminalListener) {
    this.#io = io
    this.#listener = listener
    const { stdin, stdout } = io
    stdin.on('data', this.#onData).on('end', this.#onGone).on('error', this.#onGone)
    stdout.on('resize', this.#onResize)
    // Before the error is printed, which else would be on the screen that goes away.
    process.on('uncaughtExceptionMonitor', this.#restore).on('exit', this.#restore).on('SIGCONT', this.#onContinue)
    for (const signal of deadly) process.on(signal, this.#onDeadly)
    this.#enter()
    stdin.resume()
  }

  get size(): Size {
    const { columns, rows } = this.#io.stdout
    // Some terminals have no size until somebody gives them one.
    return { columns: columns || defaultSize.columns, rows: rows || defaultSize.rows }
  }

  /** False when the terminal is behind; {@link drained} tells when it is not any more. */
  write(text: string): boolean {
    return text === '' || this.#io.stdout.write(text)
  }

  /** Calls back once, when what was written is with the terminal. */
  drained(callback: () => void): void {
    this.#io.stdout.once('drain', callback)
  }

  /** Gives the terminal back to the shell until the user comes back. */
  suspend(): void {
    this.#leave()
    // All of the job, as the terminal itself would. Without a shell that does job control nothing happens.
    process.kill(0, 'SIGTSTP')
    this.#stopTimer = setTimeout(this.#onContinue, stopMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#escapeTimer)
    clearTimeout(this.#stopTimer)
    const { stdin, stdout } = this.#io
    // What is wrong with it shows here at the latest, as an error of the input.
    this.#leave()
    stdin.off('data', this.#onData).off('end', this.#onGone).off('error', this.#onGone).on('error', ignore)
    stdout.off('resize', this.#onResize)
    process.off('uncaughtExceptionMonitor', this.#restore).off('exit', this.#restore).off('SIGCONT', this.#onContinue)
    for (const signal of deadly) process.off(signal, this.#onDeadly)
    if (this.#isHungUp) process.on('exit', dieOfHangUp)
    // A terminal that is read keeps the process alive.
    stdin.pause()
  }

  #enter(): void {
    this.#io.stdin.setRawMode?.(true)
    this.#isEntered = true
    this.#io.stdout.write(enter)
  }

  #leave(): void {
    if (!this.#isEntered) return
    this.#isEntered = false
    if (!this.#io.stdout.destroyed) this.#io.stdout.write(leave)
    if (!this.#io.stdin.destroyed) this.#io.stdin.setRawMode?.(false)
  }

  /** Whoever stopped the process may have changed everything. */
  #resume(): void {
    clearTimeout(this.#stopTimer)
    // A mode that is set already would not be set again.
    if (this.#isEntered) this.#io.stdin.setRawMode?.(false)
    this.#enter()
    this.#listener.resized()
  }

  #receive(chunk: Buffer | string): void {
    clearTimeout(this.#escapeTimer)
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk)
    for (const key of this.#parser.push(text)) this.#listener.key(key)
    if (!this.#parser.isUnfinished) return
    this.#escapeTimer = setTimeout(() => {
      for (const key of this.#parser.flush()) this.#listener.key(key)
    }, escapeMs)
  }
}

/** Node aborts, with a core dump, when it finds at its exit that its terminal is gone; others end by this signal. */
function dieOfHangUp(): void {
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}

function ignore(): void {}
