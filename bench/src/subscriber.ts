import { connectBus } from '@packet-logs/bus'

// The reader that is measured: counts events and tells the count, at most twenty times a second.
const tellMs = 50
const [, , path] = process.argv
if (path === undefined) throw new TypeError('Usage: subscriber SOCKET')

const client = await connectBus({ path, reconnect: false })
const subscription = client.subscribe('nft:')
await subscription.ready
process.stdout.write('subscribed\n')

let received = 0
let told = 0
setInterval(() => {
  if (received !== told) process.stdout.write(`${received}\n`)
  told = received
}, tellMs).unref()
for await (const { count } of subscription.lines()) received += count
