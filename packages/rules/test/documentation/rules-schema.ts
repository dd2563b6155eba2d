import { z } from 'zod'
import { rulesFileSchema } from '../../src/rules-file/schema.js'

const LINE_WIDTH = 120

/** The JSON Schema of `rules.yaml`, for editors, in the draft that most of them know. */
export function documentRulesSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(rulesFileSchema, { io: 'input', target: 'draft-7' })
  const head = { $schema, $id: 'urn:packet-logs:rules', title: 'rules.yaml of packet-logs' }
  return `${formatted({ ...head, ...schema }, 0)}\n`
}

/** As the repository's formatter lays JSON out. */
function formatted(value: unknown, indent: number): string {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return JSON.stringify(value)
  const inner = ' '.repeat(indent + 2)
  const isList = Array.isArray(value)
  const members = Object.entries(value).map(([key, item]) => {
    return `${isList ? '' : `${JSON.stringify(key)}: `}${formatted(item, indent + 2)}`
  })
  const isFlat = isList && value.every(item => typeof item !== 'object')
  const line = `[${members.join(', ')}]`
  if (isFlat && indent + line.length + 20 < LINE_WIDTH) return line
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  return `${open}\n${inner}${members.join(`,\n${inner}`)}\n${' '.repeat(indent)}${close}`
}
