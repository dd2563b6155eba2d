import { z } from 'zod'

const hint = "write three octal digits in quotes, such as '0660'"

/** Permissions of a unix socket as chmod takes them. */
export const socketModeSchema: z.ZodString = z.string(hint).regex(/^0?[0-7]{3}$/, hint)

/** As `listen` functions take it; nothing where nothing is said. */
export function modeOf(socketMode: string | undefined): { mode?: number } {
  return socketMode === undefined ? {} : { mode: Number.parseInt(socketMode, 8) }
}
