// Records the capture that `npm start` plays where no network namespace can be made:
//   node demo/dist/record-capture.js demo/captures/home-network.pcapng
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openHomeNetwork } from './home-network.js'
import { installLogRules } from './router.js'
import { startTraffic } from './traffic.js'

const recordedMs = 8000
const [, , path] = process.argv
if (path === undefined) throw new TypeError('Usage: node demo/dist/record-capture.js FILE')

await using network = await openHomeNetwork()
const stateFolder = await mkdtemp(join(tmpdir(), 'packet-logs-'))
await installLogRules(network.router, stateFolder)
await rm(stateFolder, { recursive: true })
const recorder = network.router.spawn(
  process.execPath,
  [fileURLToPath(new URL('./traffic/recorder.js', import.meta.url))],
  {
    stdio: ['ignore', 'pipe', 'inherit']
  }
)
const chunks: Buffer[] = []
recorder.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
await startTraffic(network)
await sleep(recordedMs)
const ended = once(recorder, 'close')
recorder.kill('SIGTERM')
await ended
await writeFile(path, Buffer.concat(chunks))
