// The reading process of the benchmark: reader.mjs PATH READERS plain|numbered|events|latency|raw
import { connect } from 'node:net'
import { connectBus } from '@packet-logs/bus'

const [, , path = '', count = '1', how = 'plain'] = process.argv
const readers = Number(count)
let received = 0
let dropped = 0
let ended = 0
let cpu = process.cpuUsage()
/** @type {number[]} */
let latencies = []

process.once('disconnect', () => process.exit())
if (how === 'raw') for (let index = 0; index < readers; index += 1) await readRaw()
else {
  const client = await connectBus({ path })
  for (let index = 0; index < readers; index += 1) void read(client)
}

/** @param {import('@packet-logs/bus').BusClient} client */
async function read(client) {
  const subscription = client.subscribe('nft:', { resume: how === 'numbered' })
  if (how === 'events' || how === 'latency') {
    for await (const { topic, value } of subscription) {
      if (topic === 'nft:begin') begin()
      else if (topic === 'nft:end') end(subscription.dropped)
      else {
        received += 1
        if (how === 'latency') latencies.push(performance.timeOrigin + performance.now() - Number(value))
      }
    }
  } else {
    for await (const { bytes, count: lines } of subscription.lines()) {
      received += lines
      // A mark is a line of its own at the end: nothing is published until everybody has it.
      if (bytes.length < 64 || bytes.at(-4) === 0x22) {
        const last = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-40).toString('latin1')
        if (last.includes('"nft:begin"')) begin()
        else if (last.includes('"nft:end"')) end(subscription.dropped)
      }
    }
  }
}

/** @returns {Promise<void>} */
function readRaw() {
  return new Promise(resolve => {
    const socket = connect(path, () => {
      socket.write('{"topic":"subscribe:nft:"}\n')
      resolve()
    })
    socket.once('data', () => end(0))
  })
}

function begin() {
  received = 0
  latencies = []
  cpu = process.cpuUsage()
}

/** @param {number} lost */
function end(lost) {
  ended += 1
  dropped += lost
  if (ended < readers) return
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? 0
  // The mark at the end is one of the lines.
  const marks = how === 'plain' || how === 'numbered' ? readers : 0
  process.send?.({ received: received - marks, dropped, cpuUs: user + system, latencyMs: [at(0.5), at(0.99)] })
}
