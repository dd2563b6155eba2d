import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { configJsonSchema, editorSchema, type JsonSchema } from '../scripts/json-schema.js'
import { formatReference } from '../scripts/reference.js'

const schema = configJsonSchema()
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

it('describes every field', () => {
  const undescribed = (path: string, { properties, items, anyOf, oneOf, description }: JsonSchema): string[] => [
    ...(description === undefined ? [path] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, field]) => undescribed(`${path}.${name}`, field)),
    ...[...(items ? [items] : []), ...(anyOf ?? []), ...(oneOf ?? [])].flatMap(part =>
      Object.entries(part.properties ?? {}).flatMap(([name, field]) => undescribed(`${path}.${name}`, field))
    )
  ]
  expect(undescribed('', { ...schema, description: '' }).filter(path => !path.endsWith('.to'))).toEqual([])
})

it('is what docs/configuration.md says; if not, run `pnpm --filter @packet-logs/daemon reference`', () => {
  expect(read('docs/configuration.md')).toBe(formatReference(schema))
})

it('is what editors are given; if not, run `pnpm --filter @packet-logs/daemon reference`', () => {
  expect(JSON.parse(read('schemas/config.schema.json'))).toEqual(editorSchema(schema))
})
