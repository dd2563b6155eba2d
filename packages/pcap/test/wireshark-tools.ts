import { spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'

const PACKAGES = 'apt-get install tshark wireshark-common'

/**
 * A suite that Wireshark's programs judge. Without them it is skipped with a message on a laptop and fails in CI.
 */
export function describeWithWireshark(name: string, suite: () => void): void {
  const missing = ['tshark', 'editcap', 'capinfos', 'mergecap'].filter(
    tool => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined
  )
  if (missing.length === 0) {
    describe(name, suite)
    return
  }
  const message = `${missing.join(', ')} not found: ${PACKAGES}`
  describe(name, () => {
    it('has the programs it needs', context => {
      if (process.env['CI'] !== undefined) throw new Error(message)
      process.stderr.write(`SKIPPED ${name}: ${message}\n`)
      context.skip(message)
    })
  })
}

/** Runs one of the programs and gives what it prints. */
export function run(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(tool, args, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' }
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

/** The values tshark sees: a row for each packet, a cell for each field. */
export function tsharkFields(file: string, fields: readonly string[]): string[][] {
  const columns = fields.flatMap(field => ['-e', field])
  const output = run('tshark', ['-n', '-r', file, '-T', 'fields', '-E', 'separator=|', ...columns])
  return output
    .split('\n')
    .slice(0, -1)
    .map(line => line.split('|'))
}
