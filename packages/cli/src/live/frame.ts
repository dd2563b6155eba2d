/** What a terminal shows: as many lines as it has rows, none wider than it is. */
export interface Frame {
  readonly lines: readonly string[]
  /** Where something is typed, from 0; without, there is no cursor. */
  readonly cursor?: { readonly row: number; readonly column: number }
}
