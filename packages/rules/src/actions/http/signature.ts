import { createHmac } from 'node:crypto'

/** The headers by which a receiver knows that a request comes from here, and was made now: see docs/actions.md. */
export function signatureHeaders(secret: string, body: string, epochMs: number): Record<string, string> {
  const timestamp = Math.floor(epochMs / 1000)
  const digest = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return { 'packet-logs-timestamp': String(timestamp), 'packet-logs-signature': `sha256=${digest}` }
}
