import type { Alert } from '../engine/alert.js'

/** An alert on its way to one action. */
export interface Delivery {
  /** The same over all attempts, so that who receives it twice can tell. */
  readonly id: string
  readonly alert: Alert
}

/** What became of an attempt; reasons are for people, and hold no secrets. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** Trying again would change nothing. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may pass: sooner or later, or after so many milliseconds. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number | undefined }

/** One way to deliver alerts. */
export interface Transport {
  /** Where to, without secrets. */
  readonly target: string
  /** Makes one attempt, and ends it soon after the signal is aborted. Does not reject. */
  send(delivery: Delivery, signal: AbortSignal): Promise<Outcome>
  /** Lets go of what it holds once attempts under way have ended. */
  close(): void
}

/** Why attempts are aborted at the end of the program; any other reason is the time they took. */
export const STOPPED: unique symbol = Symbol('stopped')
