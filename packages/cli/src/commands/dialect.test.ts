import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { detectDialect } from './dialect.js'

it.each([
  ['begins by itself, as servers of gRPC do', createHttp2Server(), 'grpc'],
  ['waits to be asked', createServer(), 'json'],
  ['hangs up', createServer(socket => socket.end()), 'json'],
  ['says something else', createServer(socket => socket.write('220 hello\r\n')), 'json']
] as const)('a bus that %s', async (_name, server: Pick<Server, 'on' | 'listen' | 'close'>, dialect) => {
  const directory = await mkdtemp(join(tmpdir(), 'packet-logs-dialect-'))
  const path = join(directory, 'bus.sock')
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => sockets.push(socket))
  await new Promise<void>(resolve => server.listen(path, resolve))
  expect(await detectDialect(path)).toBe(dialect)
  for (const socket of sockets) socket.destroy()
  await new Promise(resolve => server.close(resolve))
  await rm(directory, { recursive: true })
})

it('does not mind when nobody answers', async () => {
  expect(await detectDialect('/nonexistent/bus.sock')).toBe('json')
})
