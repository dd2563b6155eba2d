import { isIP } from 'node:net'
import type { Confidence } from '@packet-logs/decoder'
import { z } from 'zod'
import { field } from './field.js'

/** What is remembered of DNS answers; as `createRecentDomains` takes it. */
export interface RecentDomainsConfig {
  maxEntries?: number | undefined
  maxEntriesPerClient?: number | undefined
  maxNamesPerAddress?: number | undefined
  lingerSeconds?: number | undefined
  maxTtlSeconds?: number | undefined
  resolvers?: string[] | undefined
  minConfidence?: Confidence | undefined
}

const defaultMaxEntries = 8192

const memory = z
  .strictObject({
    maxEntries: field(
      z.int().min(1).max(1_048_576).optional(),
      'Answers remembered, about 100 bytes each plus the name; the oldest goes first.',
      { otherwise: String(defaultMaxEntries) }
    ),
    maxEntriesPerClient: field(
      z.int().min(1).max(1_048_576).optional(),
      'Answers that one client may have when there is no room for all.',
      { otherwise: 'an eighth of `maxEntries`' }
    ),
    maxNamesPerAddress: field(
      z.int().min(1).max(64).optional(),
      'Answers remembered for one address, of all clients.',
      {
        otherwise: '32'
      }
    ),
    lingerSeconds: field(
      z.int().min(0).max(86_400).optional(),
      'How long a name is still given when its time to live is over.',
      { unit: 's', otherwise: '300' }
    ),
    maxTtlSeconds: field(z.int().min(0).max(604_800).optional(), 'Longest time to live that is believed.', {
      unit: 's',
      otherwise: '86400'
    }),
    resolvers: field(
      z
        .array(z.string().refine(text => isIP(text) !== 0, 'is no IP address'))
        .min(1)
        .optional(),
      'Addresses of the resolvers whose answers are believed.',
      { otherwise: 'whoever answers from port 53' }
    ),
    minConfidence: field(
      z.enum(['high', 'medium', 'low']).optional(),
      'What a name needs to be written into events. `high`: this client was told this address for this name only; `medium`: for several names, of which this is the last; `low`: another client was told.',
      { otherwise: '`medium`' }
    )
  })
  .refine(({ maxEntries = defaultMaxEntries, maxEntriesPerClient = 1 }) => maxEntriesPerClient <= maxEntries, {
    error: 'is more than maxEntries',
    path: ['maxEntriesPerClient']
  })

/** On unless it says `false`. */
export const recentDomainsSchema: z.ZodType<RecentDomainsConfig | false, RecentDomainsConfig | false | undefined> =
  field(
    z.union([z.literal(false), memory]).prefault({}),
    'Names for the addresses in events (`RecentDomainSrc`, `RecentDomainDst`) and filters (`src.domain`, `dst.domain`), learned from DNS answers in packets and from `dns:serve:` events of the bus; `false`: none.'
  )
