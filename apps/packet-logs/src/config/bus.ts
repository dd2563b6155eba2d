import { z } from 'zod'
import { field } from './field.js'
import { socketModeSchema } from './socket-mode.js'

/** Where the bus is: a socket to serve, or somebody's to publish to. */
export interface BusConfig {
  listen?: string | undefined
  connect?: string | undefined
  socketMode?: string | undefined
}

const either = 'the bus that answers, else one of our own'

/** At most one of the two. */
export const busSchema: z.ZodType<BusConfig, BusConfig | undefined> = field(
  z
    .strictObject({
      listen: field(z.string().min(1).optional(), 'Serve the bus on this unix socket; `--bus-listen`.', {
        otherwise: either
      }),
      connect: field(
        z.string().min(1).optional(),
        'Publish to the bus that somebody else serves on this unix socket; `--bus-connect`.',
        { otherwise: either }
      ),
      socketMode: field(
        socketModeSchema.optional(),
        "Permissions of the socket that is served, octal digits in quotes: `'0660'`. Who may connect may read and publish.",
        { otherwise: "`'0600'`" }
      )
    })
    .refine(({ listen, connect }) => listen === undefined || connect === undefined, 'takes listen or connect, not both')
    .prefault({}),
  'Where the bus is.'
)
