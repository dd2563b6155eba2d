import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, type BusClient, createBroker, createBusClient } from '@packet-logs/bus'
import { createFilterCompiler } from '@packet-logs/rules'
import { onTestFinished } from 'vitest'
import { createGateway, type Gateway, type GatewayOptions, type TcpAddress, type UnixAddress } from '../../src/index.js'

export const TOKEN = 'yKkWrQ0r1W5c0n1sW0nderful'
export const SCOPED_TOKEN = 'scoped-to-events'

/** A gateway over a bus of its own, listening; both go when the test does. */
export async function openGateway(
  options: Partial<GatewayOptions> = {},
  where: TcpAddress | UnixAddress = { port: 0 }
): Promise<{ gateway: Gateway; broker: Broker; bus: BusClient; url: string }> {
  const broker = createBroker({ compileFilter: createFilterCompiler() })
  const bus = createBusClient(broker)
  const gateway = createGateway({
    bus,
    authenticate: token => (token === TOKEN ? {} : token === SCOPED_TOKEN ? { paths: ['/events'] } : undefined),
    ...options
  })
  onTestFinished(() => gateway.close())
  const { url } = await gateway.listen(where)
  return { gateway, broker, bus, url }
}

/** A folder that goes when the test does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}
