// Runs the fuzzer under AddressSanitizer and UndefinedBehaviorSanitizer, from the corpus beside it:
//   node native/fuzz/fuzz.mjs [SECONDS]    default 5; a longer run keeps what it finds in the corpus
// Needs clang and its fuzzer library; without them the run is skipped with a message, and fails in CI.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const sources = ['conntrack', 'link_names', 'nflog_message', 'packet_batch'].map(name => `../src/${name}.cc`)
const shortSeconds = 5
const seconds = Number(process.argv[2] ?? shortSeconds)

const scratch = mkdtempSync(join(tmpdir(), 'nflog-fuzz-'))
try {
  const program = join(scratch, 'fuzz')
  const sanitizers = ['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all']
  const compiled = run('clang++', [
    '-std=c++17',
    '-g',
    '-O1',
    ...sanitizers,
    'datagram_fuzz.cc',
    ...sources,
    '-o',
    program
  ])
  if (compiled === undefined) {
    process.stderr.write(
      'SKIPPED fuzzing: clang with its fuzzer library is not installed. Type: sudo apt-get install clang libclang-rt-dev\n'
    )
    process.exitCode = process.env['CI'] ? 1 : 0
  } else {
    // New inputs go to the first folder.
    const folders = seconds > shortSeconds ? ['corpus'] : [scratch, 'corpus']
    const options = [
      `-max_total_time=${seconds}`,
      '-max_len=4096',
      '-print_final_stats=1',
      `-artifact_prefix=${folder}`
    ]
    process.exitCode = compiled === 0 ? (run(program, [...options, ...folders]) ?? 1) : compiled
  }
} finally {
  rmSync(scratch, { recursive: true })
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {number | undefined} exit code; undefined when there is no such command, or no fuzzer library to link with
 */
function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  if (error && 'code' in error && error.code === 'ENOENT') return undefined
  if (error) throw error
  if (status !== 0 && /libclang_rt\S*: No such file/.test(stderr)) return undefined
  if (status !== 0) process.stderr.write(stderr)
  const executed = /^stat::number_of_executed_units:\s*(\d+)/m.exec(stderr)
  if (executed && status === 0) process.stdout.write(`${executed[1]} inputs, none of which failed\n`)
  return status ?? 1
}
