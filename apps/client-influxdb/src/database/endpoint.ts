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

/** @throws TypeError when the URL is none */
export function endpointOf({ kind, url: base, org, bucket, token }: Target): Endpoint {
  const url = new URL(base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`url: expected http:// or https://, got ${base}`)
  }
  const root = url.pathname.replace(/\/+$/, '')
  url.search = ''
  if (kind === 'influxdb1') {
    const [database = '', policy] = bucket.split('/')
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

/** Also takes user and password out of the URL, where no request may have them. */
function authorizationOf(kind: DatabaseKind, token: string, url: URL): string | undefined {
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  if (user !== '') return basic(`${user}:${password}`)
  if (token === '') return undefined
  return kind === 'influxdb1' && token.includes(':') ? basic(token) : `Token ${token}`
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}
