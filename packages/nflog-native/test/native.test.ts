import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const native = fileURLToPath(new URL('../native/', import.meta.url))

// NFLOG and its headers exist on Linux only.
describe.runIf(process.platform === 'linux')('the native parser', () => {
  it('passes its own tests under AddressSanitizer and UndefinedBehaviorSanitizer', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nflog-native-test-'))
    try {
      const program = join(folder, 'message_test')
      const sources = [
        'test/message_test.cc',
        'src/conntrack.cc',
        'src/link_names.cc',
        'src/nflog_message.cc',
        'src/packet_batch.cc'
      ]
      const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror']
      const flags = ['-std=c++17', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', ...warnings]
      const compiler = process.env['CXX'] ?? 'c++'
      const compiled = spawnSync(compiler, [...flags, ...sources, '-o', program], { cwd: native, encoding: 'utf8' })
      expect(compiled.stderr).toBe('')
      const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8' })
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'all passed\n', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)

  it('survives a few seconds of fuzzing from its corpus', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['fuzz/fuzz.mjs', '2'], {
      cwd: native,
      encoding: 'utf8'
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^(SKIPPED.*)?$/m) as string })
    if (stderr === '') expect(stdout).toMatch(/^\d+ inputs, none of which failed\n$/)
  }, 60_000)
})
