import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { addresses } from '../addresses.js'

const { internet, router } = addresses
const pauseMs = 150

/** Looks names up at a server; an unknown name is a look-up too. */
async function lookUp(server: string): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([server])
  await Promise.allSettled([resolver.resolve4('www.example.org'), resolver.resolve6('tracker.example.com')])
}

/** Fetches a page, or finds out that nobody answers. */
async function fetchPage(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, timeout: 400 })
  socket.on('error', () => undefined).on('timeout', () => socket.destroy())
  socket.resume().end('GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n')
  await once(socket, 'close')
}

/** Sends a datagram to a port that nobody listens on: the kernel answers with an ICMP error. */
async function sendDatagram(host: string): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', () => undefined).send('anybody there?', 123, host)
  await sleep(pauseMs)
  socket.close()
}

async function ping(host: string): Promise<void> {
  await new Promise<void>(resolve => execFile('ping', ['-c1', '-W1', host], () => resolve()))
}

for (;;) {
  for (const activity of [
    () => lookUp(internet.ipv4),
    () => fetchPage(internet.ipv4, 80),
    () => ping(internet.ipv4),
    () => sendDatagram(internet.ipv4),
    () => lookUp(`[${internet.ipv6}]:53`),
    () => fetchPage(internet.ipv6, 80),
    () => ping(internet.ipv6),
    () => sendDatagram(internet.ipv6),
    () => fetchPage(internet.ipv4, 25),
    () => fetchPage(internet.ipv6, 25),
    () => ping(router.lan.ipv6)
  ]) {
    await activity()
    await sleep(pauseMs)
  }
}
