import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** How a fake database answers a request. */
export interface FakeAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** A database that answers as a test wants it to. */
export interface FakeDatabase {
  url: string
  requests: { path: string; headers: IncomingMessage['headers']; lines: readonly string[] }[]
  close(): Promise<void>
}

/** @param answer decides about each request; what it answers with a 2xx counts as written by the test itself */
export async function startFake(
  answer: (lines: readonly string[], index: number) => FakeAnswer
): Promise<FakeDatabase> {
  const requests: FakeDatabase['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const lines = gunzipSync(Buffer.concat(chunks)).toString('utf8').split('\n')
      requests.push({ path: request.url ?? '', headers: request.headers, lines })
      const { status, headers = {}, body = '' } = answer(lines, requests.length - 1)
      response.writeHead(status, headers).end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}
