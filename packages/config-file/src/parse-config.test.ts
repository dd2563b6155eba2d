import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError } from './errors.js'
import { parseConfig } from './parse-config.js'

const schema = z.strictObject({
  groups: z
    .array(z.strictObject({ group: z.int().max(65535) }))
    .min(1)
    .refine(groups => new Set(groups.map(({ group }) => group)).size === groups.length, 'names a group twice')
    .default([{ group: 0 }]),
  payload: z.enum(['full', 'none']).default('full')
})

function parse(text: string, overrides?: object): z.infer<typeof schema> {
  return parseConfig(text, { schema, name: 'a.yaml', ...(overrides && { overrides }) })
}

describe('parseConfig', () => {
  it('takes a text that is empty or only comments for a file without fields', () => {
    const defaults = { groups: [{ group: 0 }], payload: 'full' }
    expect(parse('')).toEqual(defaults)
    expect(parse('# nothing yet\n')).toEqual(defaults)
  })

  it('reads YAML, and JSON as a part of it', () => {
    expect(parse('groups:\n  - group: 5\n')).toEqual(parse('{"groups":[{"group":5}]}'))
  })

  it('lets overrides take the place of fields', () => {
    expect(parse('groups: [{ group: 5 }]\npayload: none\n', { groups: [{ group: 7 }] })).toEqual({
      groups: [{ group: 7 }],
      payload: 'none'
    })
  })

  it.each([
    ['groups:\n  - group: 0\n  - group: 70000\n', 3, 'groups[1].group'],
    ['groups:\n  - group: 1\n  - group: 1\n', 2, 'groups'],
    ['groups: []\n', 1, 'groups'],
    ['# a comment\n\npayload: some\n', 3, 'payload'],
    ['groups:\n  - grp: 5\n', 2, 'groups[0]'],
    ['\ngroup: 5\n', 2, ''],
    ['groups: [\n', 2, ''],
    ['payload: full\n"payload": none\n', 2, ''],
    ['groups:\n  - { group: 1, group: 2 }\n', 2, ''],
    ['\npayload: !none full\n', 2, ''],
    ['just text', undefined, ''],
    ['[1, 2]', undefined, '']
  ])('names file, line and field of what is wrong in %j', (text, line, field) => {
    const at = line === undefined ? 'a.yaml' : `a.yaml:${line}`
    const problem = line === undefined ? { name: 'a.yaml', field } : { name: 'a.yaml', line, field }
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`${at}: ${field || 'the whole file'}: `) as string,
        problems: expect.arrayContaining([expect.objectContaining(problem)]) as unknown[]
      })
    )
  })

  it('names every wrong field at once', () => {
    expect(() => parse('groups: [{ group: -1.5 }]\npayload: 3\n')).toThrow(/a\.yaml:1: groups.*\na\.yaml:2: payload/)
  })

  it('does not expand aliases without bound', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) bomb.push(`${to}: &${to} [${`*${from},`.repeat(9)}]`)
    expect(() => parse(bomb.join('\n'))).toThrow(ConfigError)
  })

  it.each([
    ['deep in brackets', '['.repeat(100_000), /deeper than 64/],
    ['deep in dashes', '- '.repeat(100_000), /deeper than 64/],
    ['more than one document', 'a: 1\n---\nb: 2\n', /^a\.yaml:2: .*more than one document/],
    ['a crowd of tags', `a: ${'!b '.repeat(10_000)}`, /^a\.yaml:1: .*at most one tag/]
  ])('gives up at the first thing that is wrong in what is %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  it('does not read a text of any length', () => {
    expect(() => parse(`# ${'x'.repeat(4 * 1024 * 1024)}`)).toThrow(/longer than/)
  })
})
