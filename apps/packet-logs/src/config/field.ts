import type { ZodType } from 'zod'

/** What the reference says of a field beside its type and what the schema knows. */
export interface FieldFacts {
  /** What a number counts. */
  readonly unit?: string
  /** What holds without the field, where the schema itself gives no default. */
  readonly otherwise?: string
}

/** A field with what an editor and docs/configuration.md say about it. */
export function field<Schema extends ZodType>(schema: Schema, description: string, facts: FieldFacts = {}): Schema {
  return schema.meta({ description, ...facts })
}
