import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createGlob } from './glob.js'

it.each([
  ['*.example.org', 'www.example.org', true],
  ['*.example.org', 'a.b.example.org', true],
  ['*.example.org', 'example.org', false],
  ['*.example.org', 'www.example.org.evil.net', false],
  ['*.example.org', '.example.org', true],
  ['example.org', 'EXAMPLE.org.', true],
  ['Example.ORG.', 'example.org', true],
  ['example.org', 'www.example.org', false],
  ['*', '', true],
  ['*', '.', true],
  ['.', '.', true],
  ['', 'a', false],
  ['ads*', 'ads7.example.net', true],
  ['*track*.net', 'a.tracker.b.net', true],
  ['ab*ba', 'aba', false],
  ['a*b*c', 'a.b.b.c', true],
  ['a**c', 'abc', true],
  ['www.[a-z]+.org', 'www.abc.org', false],
  ['www.[a-z]+.org', 'www.[a-z]+.org', true],
  ['*', 'x'.repeat(256), false]
])('%j against %j is %s', (pattern, name, expected) => {
  expect(createGlob(pattern)(name)).toBe(expected)
})

it('agrees with the definition of a star', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 })
  fc.assert(
    fc.property(pattern.filter(withoutFinalDot), letters.filter(withoutFinalDot), (given, name) => {
      expect(createGlob(given)(name)).toBe(matchesByDefinition(given, name))
    }),
    { numRuns: 2000 }
  )
})

function withoutFinalDot(text: string): boolean {
  return !text.endsWith('.')
}

function matchesByDefinition(pattern: string, name: string): boolean {
  if (pattern === '') return name === ''
  if (pattern.startsWith('*')) {
    return matchesByDefinition(pattern.slice(1), name) || (name !== '' && matchesByDefinition(pattern, name.slice(1)))
  }
  return name[0] === pattern[0] && matchesByDefinition(pattern.slice(1), name.slice(1))
}

it('is quick where backtracking would take years', () => {
  const matches = createGlob(`${'*a'.repeat(100)}b`)
  const before = performance.now()
  for (let count = 0; count < 1000; count++) expect(matches('a'.repeat(250))).toBe(false)
  expect(performance.now() - before).toBeLessThan(2000)
})
