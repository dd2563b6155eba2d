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
  readonly #underWay = new Map<Source, Set<Promise<void>>>()

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
    const admission = await this.#attempt<Admission>(source, async () => {
      const access = await this.#authenticate?.(token)
      return access === undefined ? { kind: 'wrong' } : { kind: 'in', access }
    })
    return typeof admission === 'number' ? { kind: 'wait', waitMs: admission } : admission
  }

  /** A token that may do everything, for those who cannot be held to some paths. */
  async admitWholly(token: string, source: Source): Promise<boolean> {
    const admission = await this.admit(token, source)
    return admission.kind === 'in' && admission.access.paths === undefined
  }

  /** `user:password` or `user:password:otp`; as in SPR a password that holds a colon cannot be told from one with an OTP. */
  async logIn(text: string, source: Source): Promise<LoginOutcome> {
    const [user = '', password = '', ...otp] = text.split(':')
    const login = await this.#attempt(source, async () => {
      const outcome = await this.#login?.(user, password, otp.length > 0 ? otp.join(':') : undefined)
      return { kind: outcome === 'success' ? 'in' : 'wrong', outcome }
    })
    return typeof login === 'number' ? 'failure' : (login.outcome ?? 'failure')
  }

  /** What came of it; or how long to wait, unheard. */
  async #attempt<Result extends { kind: string }>(
    source: Source,
    attempt: () => Promise<Result>
  ): Promise<Result | number> {
    for (;;) {
      const waitMs = this.turnAway(source)
      if (waitMs > 0) return waitMs
      // Each of those under way may fail: no more are let through at once than may.
      const underWay = this.#underWay.get(source)
      if (underWay === undefined || underWay.size < this.#limit.left(source)) break
      await Promise.race(underWay)
    }
    const outcome = attempt()
    const ended: Promise<void> = outcome.then(
      ({ kind }) => this.#end(source, ended, kind !== 'in'),
      () => this.#end(source, ended, false)
    )
    const underWay = this.#underWay.get(source) ?? new Set()
    this.#underWay.set(source, underWay.add(ended))
    await ended
    return outcome
  }

  #end(source: Source, attempt: Promise<void>, isFailure: boolean): void {
    const underWay = this.#underWay.get(source)
    underWay?.delete(attempt)
    if (underWay?.size === 0) this.#underWay.delete(source)
    if (!isFailure) return
    this.counters.failures += 1
    this.#limit.fail(source)
  }
}
