import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { formatConfig } from './format-config.js'
import { parseConfig } from './parse-config.js'

it('is read back to the same, whatever text is in it', () => {
  const schema = z.record(z.string(), z.array(z.string()))
  // A field of that name would be the object's prototype, so zod leaves it out.
  const name = fc.string({ minLength: 1 }).filter(name => name !== '__proto__')
  const config = fc.dictionary(name, fc.array(fc.string()), { noNullPrototype: true })
  fc.assert(
    fc.property(config, original => {
      expect(parseConfig(formatConfig(original), { schema, name: 'formatted' })).toEqual(original)
    })
  )
})
