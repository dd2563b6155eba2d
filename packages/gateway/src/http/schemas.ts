import type { RuleProblem } from '@packet-logs/rules'
import { z } from 'zod'

/** Schemas that have a name in the OpenAPI document. */
export const namedSchemas: z.core.$ZodRegistry<{ id: string }> = z.registry<{ id: string }>()

/** Gives a schema its name. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  namedSchemas.add(schema, { id })
  return schema
}

/** One thing wrong in a rule file or text. */
export const ruleProblem: z.ZodType<RuleProblem> = named(
  'RuleProblem',
  z.object({
    file: z.string().meta({ description: 'The file, or whatever the text was said to come from.' }),
    line: z.int().min(1).exactOptional(),
    path: z.string().meta({ description: 'Where in it, such as `[2].Conditions.DstPort`; empty for all of it.' }),
    message: z.string()
  })
)

/** RFC 9457. */
export const problem: z.ZodType = named(
  'Problem',
  z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, and what to do.' })
  })
)

/** SPR's plain-text errors. */
export const plainText: z.ZodType = named('PlainText', z.string())

/** A time as answers write it. */
export const time: z.ZodISODateTime = z.iso.datetime({ offset: true })
