import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { commandPath } from '../support/run-command.js'

it('the example of the README prints what the README says', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, script = '', output] = /## Example[\s\S]*?```sh\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/.exec(readme) ?? []
  const directory = await mkdtemp(join(tmpdir(), 'packet-logs-readme-'))
  try {
    await symlink(commandPath, join(directory, 'packet-logs'))
    const env = { ...process.env, PATH: `${directory}:${process.env['PATH']}`, TMPDIR: directory }
    // Job control (`%1`) is what an interactive shell has.
    const { stdout } = await promisify(execFile)('bash', ['-mc', script], { env })
    expect(stdout).toBe(output)
  } finally {
    await rm(directory, { recursive: true })
  }
})
