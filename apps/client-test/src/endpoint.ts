/** An address, or a name, with its port; IPv6 in brackets. */
export function formatEndpoint(host: string, port: unknown): string {
  if (typeof port !== 'number') return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
