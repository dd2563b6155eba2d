import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const manifest = new URL('../../package.json', import.meta.url)

/** The built command, as the manifest's `bin` names it. */
export const commandPath: string = fileURLToPath(new URL(readBin(), manifest))

function readBin(): string {
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
  return bin['packet-logs'] ?? ''
}
