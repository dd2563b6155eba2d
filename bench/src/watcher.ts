import { WebSocket } from 'ws'

// The client that is measured: logs in at /ws as SPR's web page does and notes how old each notification is that it holds.
const [, , socketPath] = process.argv
if (socketPath === undefined) throw new TypeError('Usage: watcher SOCKET')

interface Notification {
  Data: string
}

/** What is used here of a packet. */
interface PacketData {
  UDP: { Payload: string }
}

const socket = new WebSocket(`ws+unix:${socketPath}:/ws`)
const ages: number[] = []
socket.on('open', () => socket.send('any token will do on a unix socket'))
socket.once('message', () => {
  process.stdout.write('watching\n')
  socket.on('message', (data: Buffer) => {
    const nowNs = process.hrtime.bigint()
    const { UDP } = JSON.parse((JSON.parse(data.toString()) as Notification).Data) as PacketData
    const sentNs = Buffer.from(UDP.Payload, 'base64').readBigInt64LE(0)
    ages.push(Number(nowNs - sentNs))
  })
})

/** Whoever started this asks by a line for the ages since the last time, in nanoseconds, and ends it by ending its input. */
process.stdin.on('data', () => process.stdout.write(`${JSON.stringify(ages.splice(0))}\n`))
process.stdin.once('end', () => socket.close())
