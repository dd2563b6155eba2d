import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Listen } from '../flags.js'
import { createMetrics, type MetricsSource } from './metrics.js'

/** A server of metrics and health. */
export interface MetricsServer {
  readonly url: string
  close(): Promise<void>
}

/** What a probe may take to ask. */
const HEADERS_TIMEOUT_MS = 5000
const MAX_CONNECTIONS = 32

/**
 * Serves `/metrics`; `/health`, which is 200 as long as the process works, whatever else is away, and tells what is; and
 * `/ready`, which is 503 while the bus or the database is away.
 *
 * @throws what listening fails with
 */
export async function serveMetrics({ host, port }: Listen, source: MetricsSource): Promise<MetricsServer> {
  const registry = createMetrics(source)
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
    (request, response) => {
      const path = request.url?.split('?')[0]
      if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'text/plain', 'only GET\n')
      else if (path === '/metrics') {
        registry.metrics().then(
          text => answer(response, 200, registry.contentType, text),
          (error: unknown) => answer(response, 500, 'text/plain', `${String(error)}\n`)
        )
      } else if (path === '/health' || path === '/ready') {
        const isReady = source.isBusConnected && !source.isDatabaseAway
        const state = {
          bus: source.isBusConnected ? 'connected' : 'away',
          database: source.isDatabaseAway ? 'away' : 'connected',
          waitingPoints: source.spool.points
        }
        answer(response, path === '/ready' && !isReady ? 503 : 200, 'application/json', `${JSON.stringify(state)}\n`)
      } else answer(response, 404, 'text/plain', 'there are /metrics, /health and /ready\n')
    }
  )
  server.maxConnections = MAX_CONNECTIONS
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${shown}:${address.port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}
