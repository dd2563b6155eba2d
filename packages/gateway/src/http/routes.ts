import { Hono } from 'hono'
import type { GatewayOptions } from '../options.js'

export function httpRoutes(_options: GatewayOptions): Hono {
  return new Hono()
}
