import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { decode, encode } from 'dns-packet'
import { addresses } from '../addresses.js'

const zone = new Map([
  ['www.example.org', { A: '203.0.113.53', AAAA: '2001:db8::53' }],
  ['time.example.net', { A: '203.0.113.53', AAAA: '2001:db8::53' }]
])

/** Answers DNS queries for the zone, over UDP on both families. */
async function serveDns(): Promise<void> {
  const server = createSocket('udp6')
  server.on('message', (message, client) => {
    const { id, questions = [] } = decode(message)
    const answers = questions.flatMap(({ name, type }) => {
      const data = type === 'A' || type === 'AAAA' ? zone.get(name)?.[type] : undefined
      return data === undefined ? [] : [{ name, type: type as 'A' | 'AAAA', ttl: 60, data }]
    })
    const nameError = 3
    const reply = {
      type: 'response' as const,
      id: id ?? 0,
      flags: answers.length > 0 ? 0 : nameError,
      questions,
      answers
    }
    server.send(encode(reply), client.port, client.address)
  })
  server.bind(53, '::')
  await once(server, 'listening')
}

/** Greets whoever connects. */
async function serveWeb(): Promise<void> {
  const server = createServer(client => {
    client.on('error', () => undefined).end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
  })
  server.listen(80, '::')
  await once(server, 'listening')
}

/** Knocks on the router's door, as the real internet does all day. */
async function knock(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, timeout: 300 })
  socket.on('error', () => undefined).on('timeout', () => socket.destroy())
  await once(socket, 'close')
}

await serveDns()
await serveWeb()
process.stdout.write('ready\n')
for (;;) {
  await sleep(1700)
  await knock(addresses.router.wan.ipv4, 22)
  await knock(addresses.router.wan.ipv6, 23)
}
