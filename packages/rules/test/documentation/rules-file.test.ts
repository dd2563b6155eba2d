import { expect, it } from 'vitest'
import { documentRulesFile } from './rules-file.js'

it('docs/rules-file.md is what the schema says; with -u this test writes it', async () => {
  await expect(documentRulesFile()).toMatchFileSnapshot('../../docs/rules-file.md')
})
