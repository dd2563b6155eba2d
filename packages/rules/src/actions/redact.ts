import { printable } from '../filter/source-text.js'

const MAX_CHARACTERS = 300
/** Shorter ones would be found everywhere, and are no secrets. */
const MIN_SECRET_CHARACTERS = 4

/** A text of strangers on one line, safe to print, and without secrets that they may have given back. */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  const longestFirst = [...new Set(secrets)]
    .filter(secret => secret.length >= MIN_SECRET_CHARACTERS)
    .sort((one, other) => other.length - one.length)
  let shown = text
  for (const secret of longestFirst) shown = shown.replaceAll(secret, '***')
  return printable(shown.replace(/\s+/g, ' ').trim())
}

/** The beginning of it. */
export function redact(text: string, secrets: Iterable<string>): string {
  const shown = withoutSecrets(text, secrets)
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS - 1)}…` : shown
}
