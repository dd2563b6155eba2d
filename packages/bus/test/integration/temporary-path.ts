import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A socket path in a directory of its own, which goes when the test ends. */
export function temporarySocketPath(name = 'bus.sock'): string {
  const directory = mkdtempSync(join(tmpdir(), 'packet-logs-bus-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, name)
}
