import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import * as decoder from '@packet-logs/decoder'
import { expect, it } from 'vitest'
import * as rules from '../../src/index.js'

const pages = ['README.md', 'docs/alerts.md'].map(name =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
)
const programs = pages.flatMap(page =>
  [...page.matchAll(/```js\n(.*?)```\n\n```\n(.*?)```/gs)].map(
    ([, program = '', output = '']) => [program, output] as const
  )
)

it('has programs, each with its output', () => {
  expect(programs.length).toBe(pages.join('').match(/```js\n/g)?.length)
})

it.each(programs)('prints what it says: %#', (program, output) => {
  const printed: unknown[] = []
  const environment = { console: { log: (text: unknown) => printed.push(text) }, Buffer, decoder, rules }
  const body = program.replace(/^import (\{.*?\}) from '@packet-logs\/(\w+)'$/gm, 'const $1 = $2')
  const run = compileFunction(body, Object.keys(environment)) as (...values: unknown[]) => void
  run(...Object.values(environment))
  expect(`${printed.join('\n')}\n`).toBe(output)
})
