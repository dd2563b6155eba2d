import { pipeline } from 'node:stream/promises'
import { openNflog } from '@packet-logs/nflog-native'
import { fromLoggedPacket, writeCapture } from '@packet-logs/pcap'

// Writes what groups 0 and 1 log as pcapng to stdout, until it is told to stop.
const socket = openNflog({ groups: [0, 1] })
process.once('SIGTERM', () => void socket.close())

async function* records(): AsyncGenerator<ReturnType<typeof fromLoggedPacket>> {
  for await (const packet of socket) yield fromLoggedPacket(packet)
}

await pipeline(writeCapture(records()), process.stdout)
