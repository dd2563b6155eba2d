/** Where an action sends its requests. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** From the user and the password in the URL, if there is one. */
  readonly authorization: string | undefined
  /** Of ntfy: the topic. */
  readonly topic: string
  /** Parts of the URL that nobody may see. */
  readonly secrets: readonly string[]
}

const NTFY_TOPIC = /^[\w-]{1,64}$/

/** Takes a URL apart, or says what is wrong with it, without quoting it: incoming webhooks are secrets. */
export function readTarget(type: 'webhook' | 'ntfy' | 'slack', text: string): Target | string {
  // A URL loses line breaks when it is parsed: two lines would become one.
  const url = !/\s/.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return 'must be a URL such as https://example.org/path'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with https:// or http://'
  const { origin, pathname, search, username, password } = url
  const credentials = username === '' && password === '' ? '' : encodedCredentials(username, password)
  const target = {
    origin,
    path: pathname + search,
    authorization: credentials === '' ? undefined : `Basic ${credentials}`,
    topic: '',
    secrets: [...secretsOf(url), credentials]
  }
  if (type !== 'ntfy') return target
  // Published as JSON, which any text survives: a header would not take all of it. The topic then is in the body.
  const slash = pathname.lastIndexOf('/')
  const topic = pathname.slice(slash + 1)
  if (!NTFY_TOPIC.test(topic)) return 'must end with a topic of ntfy: up to 64 letters, digits, _ and -'
  return { ...target, topic, path: pathname.slice(0, slash + 1) + search }
}

function encodedCredentials(username: string, password: string): string {
  return Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Everything behind the host and before it, in the pieces in which a server may give it back. */
function secretsOf({ username, password, pathname, search, searchParams }: URL): string[] {
  const pieces = [username, password, pathname, search, ...pathname.split('/'), ...searchParams.values()]
  return [...pieces, ...pieces.map(decoded)]
}
