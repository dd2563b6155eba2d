// The gRPC dialect beside newline-JSON, in one run: a publisher in this process and one reading process, then one process that
// publishes over the socket; over gRPC in order, as our client does, and by a plain client with 64 calls under way.
//
//   node bench/grpc.mjs [--events 200000] [--calls 20000] [--bytes 700]
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client, credentials } from '@grpc/grpc-js'
import { connectBus, listenBus } from '@packet-logs/bus'
import { connectGrpcBus, grpcDialect } from '@packet-logs/bus/grpc'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    calls: { type: 'string', default: '20000' },
    bytes: { type: 'string', default: '700' },
    child: { type: 'string' },
    dialect: { type: 'string', default: 'grpc' },
    path: { type: 'string', default: '' }
  }
})
const value = 'x'.repeat(Number(values.bytes))

if (values.child === undefined) await measure()
else if (values.child === 'read') await read()
else await publish()

async function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'packet-logs-bench-'))
  const server = await listenBus({ path: join(directory, 'bus.sock'), dialects: [grpcDialect()] })
  for (const dialect of ['newline-json', 'grpc']) {
    await measureReading(server, dialect)
    await measurePublishing(server, dialect)
  }
  await measurePublishing(server, 'grpc, 64 calls at a time')
  await server.close()
  rmSync(directory, { recursive: true, force: true })
}

/**
 * @param {import('@packet-logs/bus').BusServer} server
 * @param {string} dialect
 */
async function measureReading(server, dialect) {
  const count = Number(values.events)
  const child = start(server.path, 'read', dialect, count)
  await message(child)
  const start_ = performance.now()
  const cpu = process.cpuUsage()
  // A reader that is behind is waited for now and then, so that what is measured is delivered.
  for (let sent = 0; sent < count; ) {
    for (const end = Math.min(count, sent + 256); sent < end; sent += 1) server.broker.publishText('bench', value)
    await new Promise(resolve => setImmediate(resolve))
    while (server.broker.readers().some(reader => reader.lag > 10_000))
      await new Promise(resolve => setTimeout(resolve, 1))
  }
  const received = await message(child)
  report(`${dialect}: in process to one reading process`, Number(received), performance.now() - start_, cpu)
}

/**
 * @param {import('@packet-logs/bus').BusServer} server
 * @param {string} dialect
 */
async function measurePublishing(server, dialect) {
  const count = Number(values.calls) * (dialect === 'newline-json' ? 10 : 1)
  const child = start(server.path, 'publish', dialect, count)
  await message(child)
  const before = server.stats.received
  const start_ = performance.now()
  const cpu = process.cpuUsage()
  child.send('go')
  await message(child)
  report(
    `${dialect}: one process publishes over the socket`,
    server.stats.received - before,
    performance.now() - start_,
    cpu
  )
}

/**
 * @param {string} path
 * @param {string} role
 * @param {string} dialect
 * @param {number} count
 */
function start(path, role, dialect, count) {
  const options = [
    '--child',
    role,
    '--dialect',
    dialect,
    '--path',
    path,
    '--events',
    `${count}`,
    '--bytes',
    values.bytes
  ]
  return fork(fileURLToPath(import.meta.url), options)
}

/**
 * @param {import('node:child_process').ChildProcess | NodeJS.Process} from
 * @returns {Promise<unknown>}
 */
function message(from) {
  return new Promise(resolve => from.once('message', resolve))
}

/**
 * @param {string} what
 * @param {number} count
 * @param {number} ms
 * @param {NodeJS.CpuUsage} cpuBefore
 */
function report(what, count, ms, cpuBefore) {
  const { user, system } = process.cpuUsage(cpuBefore)
  const perSecond = Math.round((count / ms) * 1000).toLocaleString('en')
  process.stdout.write(
    `${what}: ${perSecond} events/s, ${((user + system) / count).toFixed(1)} µs CPU here per event\n`
  )
}

function connectChild() {
  return values.dialect === 'grpc' ? connectGrpcBus({ path: values.path }) : connectBus({ path: values.path })
}

async function read() {
  const client = await connectChild()
  const subscription = client.subscribe('bench')
  await subscription.ready
  process.send?.('ready')
  let received = 0
  for await (const events of subscription.batches()) {
    received += events.length
    if (received + subscription.dropped >= Number(values.events)) break
  }
  await client.close()
  process.send?.(received)
  process.disconnect()
}

async function publish() {
  if (values.dialect.endsWith('at a time')) return publishAtOnce()
  const client = await connectChild()
  process.send?.('ready')
  await message(process)
  for (let sent = 0; sent < Number(values.events); sent += 100) {
    for (let index = 0; index < 100; index += 1) client.publishText('bench', value)
    await client.waitForRoom()
  }
  await client.drain()
  process.send?.('done')
  await client.close()
  process.disconnect()
}

/** What any gRPC client can do that does not wait for answers. */
async function publishAtOnce() {
  const client = new Client(`unix:${values.path}`, credentials.createInsecure())
  const event = formatMessage('bench', value)
  const pass = (/** @type {Buffer} */ bytes) => bytes
  const path = '/pubservice.PubsubService/Publish'
  let left = Number(values.events)
  const next = async () => {
    while (left > 0) {
      left -= 1
      await new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, pass, pass, event, error => (error ? reject(error) : resolve(undefined)))
      })
    }
  }
  process.send?.('ready')
  await message(process)
  await Promise.all(Array.from({ length: 64 }, next))
  process.send?.('done')
  client.close()
  process.disconnect()
}

/**
 * A `pubservice.String` of texts of 128 to 16,383 bytes, and a topic of less.
 * @param {string} topic
 * @param {string} text
 */
function formatMessage(topic, text) {
  const { length } = text
  const head = [0x0a, topic.length, ...Buffer.from(topic), 0x12, (length & 127) | 128, length >> 7]
  return Buffer.concat([Buffer.from(head), Buffer.from(text)])
}
