// This package's counterpart of reader.cc: prints "ready", reads group 0 until SIGTERM (with a pause: looks away for so long
// first), then prints what it saw.
//   node reader.mjs batches|objects|iterate [PAUSE_MS]
import { openNflog } from '../dist/index.js'

const [mode, pauseMs] = process.argv.slice(2)
const socket = openNflog({ groups: 0 })
let touched = 0
/** @type {number | undefined} */
let beforeLoss
process.once('SIGTERM', () => void socket.close())
process.stdout.write('ready\n')
if (pauseMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(pauseMs))

const cpuBefore = process.cpuUsage()
const start = performance.now()
let lastAt = start
if (mode === 'iterate') {
  for await (const packet of socket) touch(packet)
} else {
  for await (const batch of socket.batches()) {
    beforeLoss ??= batch.gap?.from
    if (mode === 'objects') for (let i = 0; i < batch.length; i++) touch(batch.at(i))
    else touched += batch.length
    if (pauseMs) lastAt = performance.now()
  }
}
const { user, system } = process.cpuUsage(cpuBefore)
const { packets, lost, datagrams, receiveBufferBytes, receiveBufferPeakBytes } = socket.stats
const result = {
  packets,
  lost,
  beforeLoss,
  datagrams,
  cpuSeconds: (user + system) / 1e6,
  drainSeconds: (lastAt - start) / 1000,
  receiveBufferBytes,
  receiveBufferPeakBytes,
  rss: process.memoryUsage().rss,
  touched
}
process.stdout.write(`${JSON.stringify(result)}\n`)

/** @param {import('../dist/index.js').LoggedPacket} packet */
function touch(packet) {
  touched += packet.payload.length + packet.prefix.length
}
