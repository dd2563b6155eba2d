/* Writes docs/configuration.md and schemas/config.schema.json from the schema of the configuration. Runs in the package's folder. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { configJsonSchema, editorSchema } from './json-schema.js'
import { formatReference } from './reference.js'

const schema = configJsonSchema()
for (const folder of ['docs', 'schemas']) mkdirSync(folder, { recursive: true })
writeFileSync('docs/configuration.md', formatReference(schema))
writeFileSync('schemas/config.schema.json', `${JSON.stringify(editorSchema(schema), undefined, 2)}\n`)
