import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../src/index.js'
import { documentFilterLanguage } from './filter-language.js'

describe('docs/filter-language.md', () => {
  it('is what the tables say; with -u this test writes it', async () => {
    await expect(documentFilterLanguage()).toMatchFileSnapshot('../../docs/filter-language.md')
  })

  it('shows filters that compile', () => {
    const [, examples = ''] = /```\n(.*?)```/s.exec(documentFilterLanguage()) ?? []
    const lines = examples.trim().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(compileFilter(line).source).toBe(line)
  })
})
