/* Writes schemas/*.json from the types of the formats; with --check only says whether they are what the types say. */

import { readFileSync, writeFileSync } from 'node:fs'
import { createGenerator } from 'ts-json-schema-generator'

/** Runs in the folder of the package. */
const TYPES = { 'packet-info': 'PacketInfo', ulogd: 'UlogdEvent', eve: 'EveEvent' }

const generator = createGenerator({
  path: 'src/index.ts',
  tsconfig: 'tsconfig.json',
  skipTypeCheck: true,
  // Readers shall not choke on what a newer version adds.
  additionalProperties: true
})

for (const [name, type] of Object.entries(TYPES)) {
  const { $schema, $ref, definitions } = generator.createSchema(type)
  const schema = { $schema, $id: `urn:packet-logs:${name}`, $ref, definitions }
  const file = `schemas/${name}.json`
  if (!process.argv.includes('--check')) writeFileSync(file, JSON.stringify(schema))
  else if (JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))) !== JSON.stringify(schema)) {
    process.stderr.write(`${file} is not what the types say; run pnpm --filter @packet-logs/decoder schemas\n`)
    process.exitCode = 1
  }
}
