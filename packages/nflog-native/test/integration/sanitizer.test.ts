import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { expect, it } from 'vitest'
import { chain, fileOf, logRules, run } from './kernel.js'

const port = 4501
const compiler = process.env['CXX'] ?? 'c++'

/** What a socket can be put through; every branch of the addon that owns memory is in it. */
const script = `
  import { createSocket } from 'node:dgram'
  import { once } from 'node:events'
  import { Worker } from 'node:worker_threads'
  import { openNflog } from './dist/index.js'

  const sender = createSocket('udp4')
  const send = (size = 100) => new Promise(sent => sender.send(Buffer.alloc(size), ${port}, '127.0.0.1', sent))
  const seen = { packets: 0, gaps: 0, bytes: 0 }
  const kept = []
  const look = packet => {
    seen.packets++
    if (packet.gap) seen.gaps++
    seen.bytes += JSON.stringify(packet.toJSON()).length
    if (seen.packets % 50 === 0) kept.push(packet)
  }

  const socket = openNflog({ groups: [4501, 4502], queueThreshold: 4, receiveBufferBytes: 65536, sequence: 'global' })
  for (let i = 0; i < 600; i++) await send()
  for (let packet = socket.tryRead(); packet; packet = socket.tryRead()) look(packet)
  await send(60000)
  for await (const packet of socket) { look(packet); if (packet.payload.length > 60000) break }
  socket.configure({ groups: [4502, 4503], copyBytes: 50, receiveBufferBytes: 1 << 20 })
  await send(); await send()
  try { openNflog({ groups: 4503 }) } catch {}
  try { socket.configure({ groups: 4502, conntrack: true }) } catch {}
  await socket.close()
  for await (const packet of socket) look(packet)

  const stop = new AbortController()
  const aborted = openNflog({ groups: 4501, signal: stop.signal }).batches().next().catch(reason => reason)
  stop.abort('stopped')
  if (await aborted !== 'stopped') throw new Error('not stopped')
  for (let i = 0; i < 30; i++) openNflog({ groups: 4510 + i })
  for (let i = 0; i < 3; i++) { global.gc(); await new Promise(setImmediate) }

  // It inherits --input-type=module.
  const source = [
    "import { parentPort } from 'node:worker_threads'",
    'import { openNflog } from ' + JSON.stringify(String(new URL('dist/index.js', 'file://' + process.cwd() + '/'))),
    'const socket = openNflog({ groups: 4503 })',
    "parentPort.postMessage('open')",
    'for await (const packet of socket) packet.toJSON()'
  ]
  const worker = new Worker(source.join('\\n'), { eval: true })
  await once(worker, 'message')
  for (let i = 0; i < 20; i++) await send()
  await worker.terminate()
  sender.close()
  if (kept.some(packet => packet.payload.length === 0)) throw new Error('a kept packet lost its bytes')
  console.log(seen.packets > 100, seen.gaps > 0)`

describeWithKernel('the addon under AddressSanitizer', () => {
  it('touches no memory that is not its own, in any state of a socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nflog-asan-'))
    try {
      buildInto(folder)
      const rules = [4501, 4502, 4503].map(group => `udp dport ${port} log prefix "asan" group ${group}`)
      using _ = logRules('inet nflog_asan', chain('input', ...rules))
      const preload = run(compiler, ['-print-file-name=libasan.so']).trim()
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--expose-gc', '--input-type=module', '-e', script],
        {
          cwd: folder,
          encoding: 'utf8',
          // What Node itself never frees is not ours to report.
          env: { ...process.env, LD_PRELOAD: preload, ASAN_OPTIONS: 'detect_leaks=0' }
        }
      )
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true true\n', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 120_000)
})

/** A copy of the package whose addon is compiled with the sanitizer. */
function buildInto(folder: string): void {
  cpSync(fileOf('../../dist'), join(folder, 'dist'), { recursive: true })
  symlinkSync(fileOf('../../node_modules'), join(folder, 'node_modules'))
  const target = join(folder, 'native/build/Release')
  mkdirSync(target, { recursive: true })
  const native = fileOf('../../native')
  const includes = [nodeHeaders(), dirname(createRequire(import.meta.url).resolve('node-addon-api'))]
  run(compiler, [
    ...['-std=c++17', '-g1', '-O0', '-fsanitize=address', '-fno-omit-frame-pointer', '-fPIC', '-shared'],
    ...['-DNAPI_VERSION=8', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
    '-DNODE_GYP_MODULE_NAME=nflog',
    ...includes.map(include => `-isystem${include}`),
    ...readdirSync(join(native, 'src'))
      .filter(file => file.endsWith('.cc'))
      .map(file => join(native, 'src', file)),
    ...['-o', join(target, 'nflog.node')]
  ])
}

/** Beside the running binary, or where node-gyp was told that they are. */
function nodeHeaders(): string {
  const named = process.env['npm_config_nodedir']
  const folders = [named, resolve(process.execPath, '../..')].flatMap(at => (at ? [join(at, 'include/node')] : []))
  const found = folders.find(at => existsSync(join(at, 'node_api.h')))
  if (found === undefined) throw new Error(`no Node headers in ${folders.join(' or ')}; set npm_config_nodedir`)
  return found
}
