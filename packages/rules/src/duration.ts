import { z } from 'zod'

const DURATION = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,3})?(?:ms|s|m|h|d)$/
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `500ms`, `1.5s`, `10m`, `2h` or `7d`; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  const unit = text.replace(/^[\d.]+/, '')
  return Math.round(Number.parseFloat(text) * (MS[unit] ?? 0))
}

/** A duration as it is written in rule files, within bounds; it stays text, so that it carries its unit. */
export function durationSchema(least: string, most: string): z.ZodType<string, string> {
  const [leastMs = 0, mostMs = 0] = [durationMs(least), durationMs(most)]
  const isWithin = (text: string): boolean => {
    const ms = durationMs(text)
    return ms === undefined || (ms >= leastMs && ms <= mostMs)
  }
  return z
    .string('must be a duration such as 10s')
    .regex(DURATION, 'must be a duration such as 500ms, 10s, 5m, 2h or 7d')
    .refine(isWithin, `must be between ${least} and ${most}`)
}
