import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong between an exporter and its database. */
export type Fault = 'none' | 'refuse-429' | 'refuse-503' | 'cut-before' | 'cut-after'

/** A proxy in front of a database; `cut-after` hands the request on, and loses the answer. */
export interface FaultProxy {
  readonly url: string
  fault: Fault
  close(): Promise<void>
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const proxy: FaultProxy = { url: '', fault: 'none', close }
  const server = createServer((request, response) => {
    const { fault } = proxy
    if (fault === 'refuse-429') {
      response.writeHead(429, { 'retry-after': '0.1' }).end()
      return
    }
    if (fault === 'refuse-503') {
      response.writeHead(503).end('{"error":"timeout"}')
      return
    }
    if (fault === 'cut-before') {
      request.socket.destroy()
      return
    }
    const onward = forward(new URL(request.url ?? '', target), {
      method: request.method ?? 'POST',
      headers: request.headers
    })
    request.pipe(onward)
    onward.on('error', () => request.socket.destroy())
    onward.on('response', answer => {
      if (fault === 'cut-after') {
        answer.resume()
        answer.on('end', () => request.socket.destroy())
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })

  async function close(): Promise<void> {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}
