// One gateway in this process, its clients in another: what it costs to tell many of a notice, how long a notice takes, and
// what a client that reads nothing changes. Ratios of one run are what counts.
//
//   pnpm --filter @packet-logs/gateway bench
import { type ChildProcess, fork } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createBroker, createBusClient } from '@packet-logs/bus'
import { formatPacketInfo } from '@packet-logs/decoder'
import { createGateway } from '../src/index.js'

const SECONDS = 2
/** What the clients' one process can take on a small machine. */
const MOST_FRAMES_PER_SECOND = 20_000
const TOKEN = 'bench'

const payload = Buffer.from('45000028123440004006a335c0a8020a080808089c4001bb00000001000000005002faf019740000', 'hex')
const data = formatPacketInfo({ group: 1, prefix: 'drop:input ', payload }) ?? ''

interface Report {
  received: number
  latencyMs: [number, number]
}

const broker = createBroker()
const gateway = createGateway({
  bus: createBusClient(broker),
  authenticate: token => (token === TOKEN ? {} : undefined),
  limits: { connections: 1100, pendingSockets: 1100 }
})
const { url } = await gateway.listen({ port: 0 })

console.log(`${data.length} characters a packet, ${SECONDS} s each`)
await measure('notices to clients of /ws', '/ws', [1, 10, 100], () =>
  gateway.notify({ topic: 'nft:drop:input', data: stamped(), notification: true })
)
await measure(
  'the same beside one that reads nothing',
  '/ws',
  [100],
  () => gateway.notify({ topic: 'nft:drop:input', data: stamped(), notification: true }),
  true
)
await measure('events to clients of /ws_events_all', '/ws_events_all', [1, 10, 100], () =>
  broker.publishText('nft:drop:input', stamped())
)
await measure('events to clients of /ws/events', '/ws/events', [1, 10, 100], () =>
  broker.publishText('nft:drop:input', stamped())
)
await gateway.close()

/** A packet whose InDev says when it was sent. */
function stamped(): string {
  return data.replace('"InDev":""', `"InDev":"${performance.timeOrigin + performance.now()}"`)
}

async function measure(
  what: string,
  path: string,
  counts: readonly number[],
  send: () => void,
  withStalled = false
): Promise<void> {
  console.log(`\n${what}`)
  for (const clients of counts) {
    const perSecond = Math.min(1000, MOST_FRAMES_PER_SECOND / clients)
    const reader = fork(fileURLToPath(new URL('./fan-out-clients.js', import.meta.url)), [
      url,
      path,
      String(clients),
      TOKEN
    ])
    await once(reader)
    const stalled = withStalled ? stall() : undefined
    await sleep(200)
    const cpu = process.cpuUsage()
    let sent = 0
    const startMs = performance.now()
    while (performance.now() - startMs < SECONDS * 1000) {
      const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond)
      for (; sent < due; sent += 1) send()
      await sleep(1)
    }
    await sleep(300)
    const { user, system } = process.cpuUsage(cpu)
    reader.send('report')
    const { received, latencyMs } = (await once(reader)) as Report
    const [half, most] = latencyMs.map(ms => ms.toFixed(1))
    const cpuUs = ((user + system) / received).toFixed(1)
    console.log(
      `  ${clients} clients, ${perSecond}/s: ${received} of ${sent * clients} frames, ${cpuUs} µs of CPU each; half within ${half} ms, 99 % within ${most} ms`
    )
    stalled?.destroy()
    reader.kill()
  }
}

function once(child: ChildProcess): Promise<unknown> {
  return new Promise(resolve => child.once('message', resolve))
}

/** A client that logs in and then reads nothing. */
function stall(): ReturnType<typeof connect> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const head = [
    'GET /ws HTTP/1.1',
    `Host: ${hostname}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.once('data', () => {
    socket.pause()
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | TOKEN.length, 0, 0, 0, 0), Buffer.from(TOKEN)]))
  })
  return socket
}
