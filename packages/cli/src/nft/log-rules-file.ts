import { loadConfig } from '@packet-logs/config-file'
import { z } from 'zod'
import {
  checkLogRule,
  type DeviceMatch,
  type Direction,
  defaultBurst,
  type Hook,
  hooks,
  type LogRule,
  parseLimit,
  withBlank,
  withDirection
} from './log-rule.js'

/** Devices: one, several, or none of several. */
type WrittenDevices = string | string[] | { not: string[] }

/** A log rule as a file has it. */
interface WrittenRule {
  /** Log prefix; the blank behind it is added. */
  prefix: string
  /** The rule's identity, which ends the prefix and stands in the rule's comment. */
  id?: string | number | undefined
  hook: Hook
  /** `in` from an uplink, `out` through one. */
  direction?: Direction | undefined
  in?: WrittenDevices | undefined
  out?: WrittenDevices | undefined
  family?: 'ip' | 'ip6' | undefined
  /** Default 0. */
  group: number
  snaplen?: number | undefined
  queueThreshold?: number | undefined
  /** Such as `100/second`. */
  limit?: string | undefined
  /** Packets; needs `limit`. */
  burst?: number | undefined
}

/** A file of log rules: YAML, of which JSON is a part. */
export interface LogRulesFile {
  /** Devices towards the internet, which `direction` refers to; by default those of the default route. */
  uplinks?: string[] | undefined
  rules: WrittenRule[]
}

const names = z.array(z.string()).min(1)
const devices = z.union([z.string(), names, z.strictObject({ not: names })])

const fileSchema = z.strictObject({
  uplinks: names.optional(),
  rules: z.array(
    z
      .strictObject({
        prefix: z.string(),
        id: z.union([z.string(), z.int()]).optional(),
        hook: z.enum(hooks),
        direction: z.enum(['in', 'out']).optional(),
        in: devices.optional(),
        out: devices.optional(),
        family: z.enum(['ip', 'ip6']).optional(),
        group: z.int().default(0),
        snaplen: z.int().optional(),
        queueThreshold: z.int().optional(),
        limit: z.string().optional(),
        burst: z.int().optional()
      })
      .refine(({ limit, burst }) => burst === undefined || limit !== undefined, 'burst needs a limit')
  )
})

/**
 * Reads a file of log rules. What nft would wrap or cut is refused here, with file and line.
 *
 * @throws ConfigError `CONFIG_UNREADABLE`, `CONFIG_INVALID`
 */
export async function readLogRulesFile(path: string): Promise<LogRulesFile> {
  const checked = fileSchema.superRefine(({ rules }, context) => {
    for (const [index, written] of rules.entries()) {
      try {
        checkLogRule(toLogRule(written))
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        context.addIssue({ code: 'custom', path: ['rules', index], message: error.message })
      }
    }
  })
  return loadConfig(path, { schema: checked })
}

/**
 * The rules a file asks for.
 *
 * @throws RangeError when a direction needs an uplink and there is none
 */
export function rulesOfFile({ rules }: LogRulesFile, uplinks: readonly string[]): LogRule[] {
  return rules.map(written => withDirection(toLogRule(written), written.direction, uplinks))
}

/** True when the rules cannot be made without knowing the uplink. */
export function needsUplinks({ rules }: LogRulesFile): boolean {
  return rules.some(({ direction }) => direction !== undefined)
}

function toLogRule(written: WrittenRule): LogRule {
  const { prefix, id, hook, family, group, snaplen, queueThreshold, limit, burst = defaultBurst } = written
  return {
    hook,
    prefix: withBlank(id === undefined ? prefix : `${prefix.trimEnd()}#${id}`),
    group,
    ...(family && { family }),
    ...(written.in !== undefined && { inDevice: toDeviceMatch(written.in) }),
    ...(written.out !== undefined && { outDevice: toDeviceMatch(written.out) }),
    ...(snaplen !== undefined && { snaplen }),
    ...(queueThreshold !== undefined && { queueThreshold }),
    ...(limit !== undefined && { limit: { ...parseLimit(limit), burst } })
  }
}

function toDeviceMatch(written: WrittenDevices): DeviceMatch {
  if (typeof written === 'string') return { op: '==', names: [written] }
  return 'not' in written ? { op: '!=', names: written.not } : { op: '==', names: written }
}

/** The inverse: rules as a file has them, without their directions, which are devices by now. */
export function toLogRulesFile(rules: readonly LogRule[]): LogRulesFile {
  return { rules: rules.map(toWrittenRule) }
}

function toWrittenRule(logRule: LogRule): WrittenRule {
  const { hook, prefix, inDevice, outDevice, limit, ...others } = logRule
  return {
    prefix: prefix.trimEnd(),
    hook,
    ...(inDevice && { in: fromDeviceMatch(inDevice) }),
    ...(outDevice && { out: fromDeviceMatch(outDevice) }),
    ...others,
    ...(limit && { limit: `${limit.rate}/${limit.per}`, burst: limit.burst })
  }
}

function fromDeviceMatch({ op, names }: DeviceMatch): WrittenDevices {
  if (op === '!=') return { not: [...names] }
  const [first = '', ...others] = names
  return others.length === 0 ? first : [first, ...others]
}
