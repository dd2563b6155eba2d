import { z } from 'zod'
import { field } from './field.js'

/** An NFLOG group to own. */
export interface GroupConfig {
  group: number
  action?: string | undefined
}

const group = z.strictObject({
  group: field(z.int().min(0).max(65535), 'The group, as in nft `log … group N`.'),
  action: field(
    z.string().min(1).optional(),
    'The `Action` of its events. It says which group logged the packet, not what became of it.',
    { otherwise: '`blocked` for group 1, else `allowed`' }
  )
})

/** Groups 0 and 1 unless others are named. */
export const groupsSchema: z.ZodType<GroupConfig[], GroupConfig[] | undefined> = field(
  z
    .array(group)
    .min(1)
    .refine(groups => new Set(groups.map(({ group }) => group)).size === groups.length, 'names a group twice')
    .default([{ group: 0 }, { group: 1 }]),
  'NFLOG groups to own; `--group N=ACTION`.'
)

/** The action of a group: its own, else `blocked` for group 1 and `allowed` for all others, as SPR has it. */
export function actionOf({ group, action }: GroupConfig): string {
  return action ?? (group === 1 ? 'blocked' : 'allowed')
}
