import { isIP } from 'node:net'

/** Where the HTTP server listens. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** How to write one. */
export const listenAddressHint = 'write ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH'

/** Parses `ADDR:PORT` or `unix:PATH`; undefined for anything else. An address is never left out: it says who can connect. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) return text.length > 'unix:'.length ? { path: text.slice('unix:'.length) } : undefined
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65535) return undefined
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? { host: bracketed, port } : undefined
  if (plain === undefined || !(isIP(plain) === 4 || plain === 'localhost')) return undefined
  return { host: plain, port }
}

/** Whether only this machine can connect to a host of {@link parseListenAddress}. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
