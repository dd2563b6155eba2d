import { Hono } from 'hono'
import { httpRoutes } from './http/routes.js'
import { checkLimits } from './limits.js'
import type { Gateway, GatewayOptions } from './options.js'

/**
 * WebSocket and HTTP API over a bus; listens nowhere until it is told to.
 * @throws RangeError for a limit that is out of range
 */
export function createGateway(options: GatewayOptions): Gateway {
  checkLimits(options.limits)
  const app = new Hono()
  app.route('/', httpRoutes(options))
  throw new Error('in the making')
}
