// The clients of fan-out.ts: they log in, count what comes, and note how long every sixteenth frame took.
import { WebSocket } from 'ws'

const [url = '', path = '', clients = '', token = ''] = process.argv.slice(2)
const STAMP = /InDev[\\":]+([\d.]+)/
let received = 0
const latenciesMs: number[] = []

await Promise.all(Array.from({ length: Number(clients) }, open))
process.send?.('ready')
process.once('message', () => {
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN
  process.send?.({ received, latencyMs: [at(0.5), at(0.99)] })
})

function open(): Promise<void> {
  const isModern = path === '/ws/events'
  const socket = new WebSocket(url.replace('http', 'ws') + path)
  socket.once('open', () => {
    socket.send(isModern ? JSON.stringify({ op: 'login', token }) : token)
    if (isModern) socket.send('{"op":"subscribe","id":"1"}')
  })
  let answers = isModern ? 2 : 1
  return new Promise(resolve => {
    socket.on('message', (frame: Buffer) => {
      if (answers > 0) {
        answers -= 1
        if (answers === 0) resolve()
        return
      }
      received += 1
      if (received % 16 !== 0) return
      const stamp = STAMP.exec(frame.toString('latin1'))?.[1]
      if (stamp !== undefined) latenciesMs.push(performance.timeOrigin + performance.now() - Number(stamp))
    })
  })
}
