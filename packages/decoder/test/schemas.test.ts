import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { formatPacketInfo, toEve, toUlogd } from '../src/index.js'
import { vectors } from './vectors.js'

const folder = new URL('../schemas/', import.meta.url)
const published = new Map(
  readdirSync(folder).map(file => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>
  ])
)

/** The same schema without room for keys it does not name, where it names any for good. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const isClosed = 'properties' in members && !('additionalProperties' in members)
  return isClosed ? { ...members, additionalProperties: false } : members
}

function expectAllToFit(name: string, values: Iterable<readonly [id: string, value: unknown]>): void {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(closed(published.get(name)) as object)
  for (const [id, value] of values) {
    validate(value)
    expect([id, validate.errors]).toEqual([id, null])
  }
}

describe('the published schemas', () => {
  it('name every key of every event', () => {
    expectAllToFit(
      'packet-info',
      vectors.flatMap(({ id, logged }) =>
        [true, false].flatMap(extended => {
          const text = formatPacketInfo(logged, { extended })
          return text === undefined ? [] : [[id, JSON.parse(text)] as const]
        })
      )
    )
    expectAllToFit(
      'ulogd',
      vectors.flatMap(({ id, logged }) => [false, true].map(corrected => [id, toUlogd(logged, { corrected })] as const))
    )
    expectAllToFit(
      'eve',
      vectors.map(({ id, logged }) => [id, toEve(logged)] as const)
    )
  })
})
