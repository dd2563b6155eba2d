/** How the command ends: 0 done, 1 failed, 2 called the wrong way (nothing was done). */
export type ExitCode = 0 | 1 | 2

/** Thrown by a command that was called the wrong way; its message says what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
