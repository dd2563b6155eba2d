import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'

const packages = { influxd: 'influxdb', 'victoria-metrics': 'victoria-metrics' }

/** Declares tests that start a program of Debian's. Without it they are skipped with a message on a laptop, and fail in CI. */
export function describeWith(program: keyof typeof packages, name: string, tests: () => void): void {
  if (isInstalled(program)) {
    describe(name, tests)
    return
  }
  const message = `${name}: needs ${program}; type: sudo apt-get install ${packages[program]}`
  if (process.env['CI']) throw new Error(message)
  process.stderr.write(`SKIPPED ${message}\n`)
  describe.skip(name, tests)
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
