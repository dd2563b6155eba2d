// Asks the daemon how it is, over the socket of its API: exit code 0 when it reads packets and reaches its bus.
import { get } from 'node:http'

const socketPath = process.env.PACKET_LOGS_API ?? '/state/plugins/packet_logs/socket'
get({ socketPath, path: '/health', timeout: 4_000 }, response => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
