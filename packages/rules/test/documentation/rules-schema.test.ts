import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseRules } from '../../src/index.js'
import { documentRulesSchema } from './rules-schema.js'

const pages = ['../../README.md', '../../docs/rules-file.md', '../../docs/actions.md']
const examples = pages.flatMap(page => {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8')
  return [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, example = '']) => [page.slice(6), example] as const)
})
const validate = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': true } }).compile(
  JSON.parse(documentRulesSchema()) as object
)

describe('schemas/rules.schema.json', () => {
  it('is what the file is read by; with -u this test writes it', async () => {
    await expect(documentRulesSchema()).toMatchFileSnapshot('../../schemas/rules.schema.json')
  })

  it('finds examples in the documentation', () => {
    expect(new Set(examples.map(([page]) => page))).toContain('docs/rules-file.md')
  })

  it.each(examples)('and the parser take the example in %s: %#', (_page, example) => {
    expect(() => parseRules(example, { file: 'example' })).not.toThrow()
    validate(parse(example))
    expect(validate.errors).toBeNull()
  })

  it.each([
    ['an unknown field', 'rules: [{ id: a, when: "true", titel: x }]'],
    ['an unknown field of the packet', 'rules: [{ id: a, when: "true", by: [src.prot] }]'],
    ['a missing condition', 'rules: [{ id: a }]'],
    ['a duration without a unit', 'rules: [{ id: a, when: "true", cooldown: 10 }]'],
    ['an unknown severity', 'rules: [{ id: a, when: "true", severity: urgent }]'],
    ['an action of an unknown kind', 'actions: { a: { type: mail } }']
  ])('refuses %s, as the parser does', (_name, text) => {
    expect(() => parseRules(text, { file: 'example' })).toThrow('example:1')
    expect(validate(parse(text))).toBe(false)
  })
})
