/** Line protocol has no way to write a line break in a tag; nobody groups by other control characters either. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
const LAST_BACKSLASHES = /\\+$/

/** Longer texts are no names, but somebody filling the index. */
const MAX_TAG_CHARACTERS = 256
/** InfluxDB takes 64 KiB; an event's texts are names and addresses. */
const MAX_FIELD_CHARACTERS = 1024

/**
 * A text that can be a tag's value. A backslash at the end has no written form, it would escape what follows, and stands as
 * a slash. Empty means there is no tag to write.
 */
export function tagText(text: string): string {
  const short = text.length > MAX_TAG_CHARACTERS ? cut(text, MAX_TAG_CHARACTERS) : text
  return plain(short)
    .trim()
    .replace(LAST_BACKSLASHES, run => '/'.repeat(run.length))
}

/** A text that can be a string field without breaking the line it stands in. */
export function fieldText(text: string): string {
  return plain(text.length > MAX_FIELD_CHARACTERS ? cut(text, MAX_FIELD_CHARACTERS) : text)
}

function plain(text: string): string {
  return text.replace(CONTROL, ' ')
}

function cut(text: string, characters: number): string {
  const end = characters - 1
  const high = text.charCodeAt(end - 1)
  return `${text.slice(0, high >= 0xd800 && high < 0xdc00 ? end - 1 : end)}…`
}
