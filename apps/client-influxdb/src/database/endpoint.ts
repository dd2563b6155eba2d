/** What kind of database is written to. */
export type DatabaseKind = 'influxdb1' | 'influxdb2' | 'victoriametrics'

/** Which database. */
export interface Target {
  kind: DatabaseKind
  url: string
  org: string
  /** Of InfluxDB 1.x the database, if need be with its retention policy: `spr/autogen`. */
  bucket: string
  /** Of InfluxDB 1.x `user:password`. Empty: none. */
  token: string
}

/** Where points are posted to, and with which headers. */
export interface Endpoint {
  url: URL
  headers: Readonly<Record<string, string>>
}

/** What a header takes without changing it. */
const TOKEN = /^[\x20-\x7e]*$/

/** @throws TypeError when URL, bucket or token cannot be; it holds none of their secrets */
export function endpointOf({ kind, url: base, org, bucket, token }: Target): Endpoint {
  const url = parseUrl(base)
  if (!TOKEN.test(token)) throw new TypeError('The token holds a line break or letters no token has; copy it again.')
  const root = url.pathname.replace(/\/+$/, '')
  url.search = ''
  if (kind === 'influxdb1') {
    const [database = '', policy] = bucket.split('/')
    if (database === '') throw new TypeError('--bucket: expected database or database/policy')
    url.pathname = `${root}/write`
    url.searchParams.set('db', database)
    if (policy !== undefined) url.searchParams.set('rp', policy)
    url.searchParams.set('precision', 'ns')
  } else {
    url.pathname = `${root}/api/v2/write`
    url.searchParams.set('org', org)
    url.searchParams.set('bucket', bucket)
    url.searchParams.set('precision', 'ns')
  }
  const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' }
  const authorization = authorizationOf(kind, token, url)
  if (authorization !== undefined) headers['authorization'] = authorization
  return { url, headers }
}

/** The text itself is not told, as it may hold a password. */
function parseUrl(base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('--url: expected an address such as http://localhost:8086')
  }
  return url
}

/** Also takes user and password out of the URL, where no request may have them. */
function authorizationOf(kind: DatabaseKind, token: string, url: URL): string | undefined {
  const [user, password] = [decode(url.username), decode(url.password)]
  url.username = ''
  url.password = ''
  if (user !== '') return basic(`${user}:${password}`)
  if (token === '') return undefined
  return kind === 'influxdb1' && token.includes(':') ? basic(token) : `Token ${token}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new TypeError('--url: write a percent sign in user or password as %25', { cause })
  }
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}
