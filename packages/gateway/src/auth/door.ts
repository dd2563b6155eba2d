import type { Access, Authenticate, Login, LoginOutcome } from '../options.js'
import type { FailureLimit } from './failure-limit.js'
import type { Source } from './source.js'

/** What came of showing a token. */
export type Admission =
  | { readonly kind: 'in'; readonly access: Access }
  | { readonly kind: 'wrong' }
  /** Too many failed from there; unheard. */
  | { readonly kind: 'wait'; readonly waitMs: number }

/** What became of those who came to the door. */
export interface DoorCounters {
  failures: number
  turnedAway: number
}

/** Who may come in, and how often a source may be wrong. */
export class Door {
  readonly counters: DoorCounters = { failures: 0, turnedAway: 0 }
  readonly #authenticate: Authenticate | undefined
  readonly #login: Login | undefined
  readonly #limit: FailureLimit

  constructor(authenticate: Authenticate | undefined, login: Login | undefined, limit: FailureLimit) {
    this.#authenticate = authenticate
    this.#login = login
    this.#limit = limit
  }

  /** Milliseconds until a source may try again; 0: now. Counted when it is not. */
  turnAway(source: Source): number {
    const waitMs = this.#limit.waitMs(source)
    if (waitMs > 0) this.counters.turnedAway += 1
    return waitMs
  }

  /** @throws what the embedder's `authenticate` throws */
  async admit(token: string, source: Source): Promise<Admission> {
    const waitMs = this.turnAway(source)
    if (waitMs > 0) return { kind: 'wait', waitMs }
    const access = await this.#authenticate?.(token)
    if (access !== undefined) return { kind: 'in', access }
    this.#fail(source)
    return { kind: 'wrong' }
  }

  /** A token that may do everything, for those who cannot be held to some paths. */
  async admitWholly(token: string, source: Source): Promise<boolean> {
    const admission = await this.admit(token, source)
    return admission.kind === 'in' && admission.access.paths === undefined
  }

  /** `user:password` or `user:password:otp`; as in SPR a password that holds a colon cannot be told from one with an OTP. */
  async logIn(text: string, source: Source): Promise<LoginOutcome> {
    if (this.turnAway(source) > 0) return 'failure'
    const [user = '', password = '', ...otp] = text.split(':')
    const outcome = await this.#login?.(user, password, otp.length > 0 ? otp.join(':') : undefined)
    if (outcome === 'success') return outcome
    this.#fail(source)
    return outcome ?? 'failure'
  }

  #fail(source: Source): void {
    this.counters.failures += 1
    this.#limit.fail(source)
  }
}
