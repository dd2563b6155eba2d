import { createHash } from 'node:crypto'
import { RuleError } from '@packet-logs/rules'
import type { EditableFile } from '@packet-logs/rules/files'
import { z } from 'zod'
import { HttpError } from './http-error.js'
import { parseJson } from './request-body.js'
import { type Answer, defineRoute, json, type Route } from './route.js'
import { plainText } from './schemas.js'

/** A list of SPR's that lives in a file and is edited entry by entry. */
export interface EditableList<Entry> {
  /** Name of the path and, in the singular, of what is in it. */
  readonly path: string
  readonly noun: string
  readonly file: EditableFile<Entry> | undefined
  /** What a client may send as an entry, and how it sees the list. */
  readonly wishSchema: z.ZodType
  readonly listSchema: z.ZodType
  /** Reads a file of entries. @throws RuleError `RULE_INVALID` */
  parse(text: string, file: string): readonly Entry[]
  /** The file's text, in SPR's shape. */
  format(entries: readonly Entry[]): string
  /** What is put down when an entry is added, or takes the place of another. @throws HttpError */
  accept(entry: Entry, previous: Entry | undefined): Entry
}

const INDEX = /^(?:0|[1-9]\d{0,8})$/
const index = {
  description: 'Place in the list, from 0.',
  schema: z
    .string()
    .regex(INDEX)
    .meta({ examples: ['0'] })
}
const ifMatch = { 'If-Match': "The list's ETag as it was last seen: an edit of any other list is refused with 412." }

/** The routes of such a list; every one that succeeds answers with all of it. */
export function editableListRoutes<Entry>(list: EditableList<Entry>): Route[] {
  const { path, noun } = list
  const common = { tag: 'SPR', errors: 'text' } as const
  const whole: Answer = {
    description: 'All of the list.',
    content: { 'application/json': list.listSchema },
    headers: { ETag: 'Names this state of the list, for If-Match.' }
  }
  const absent = textAnswer('No such file is configured.')
  const edited = {
    200: whole,
    404: absent,
    409: textAnswer('The file on disk cannot be used as somebody left it; an edit would overwrite that.'),
    412: textAnswer('The list is not the one that If-Match names.'),
    500: textAnswer('The file cannot be written.')
  }
  const sent = { ...edited, 400: textAnswer('What is wrong, and where.'), 413: textAnswer('The body is too long.') }
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: `/${path}`,
      id: `list-${path}`,
      summary: `All ${path}`,
      answers: { 200: whole, 404: absent },
      handle: () => answer(list, fileOf(list).entries)
    }),
    defineRoute({
      ...common,
      method: 'put',
      path: `/${path}`,
      id: `add-${noun}`,
      summary: `Add ${article(noun)}`,
      headers: ifMatch,
      text: list.wishSchema,
      answers: sent,
      handle: ({ request, text }) => {
        const entry = readEntry(list, text)
        return edit(list, request, entries => [...entries, list.accept(entry, undefined)])
      }
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: `/${path}`,
      id: `refuse-to-delete-${path}`,
      summary: 'Refused: an index is missing',
      description: 'SPR takes this for a wish to delete the first entry.',
      answers: { 400: textAnswer('An index is missing.') },
      handle: () => {
        throw new HttpError(400, `index missing: DELETE /${path}/{index} deletes one entry`)
      }
    }),
    defineRoute({
      ...common,
      method: 'put',
      path: `/${path}/{index}`,
      id: `replace-${noun}`,
      summary: `Put ${article(noun)} in the place of another`,
      params: { index },
      headers: ifMatch,
      text: list.wishSchema,
      answers: sent,
      handle: ({ request, params, text }) => {
        fileOf(list)
        const at = readIndex(params['index'])
        const entry = readEntry(list, text)
        return edit(list, request, entries => entries.with(checkIndex(at, entries), list.accept(entry, entries[at])))
      }
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: `/${path}/{index}`,
      id: `delete-${noun}`,
      summary: `Delete ${article(noun)}`,
      params: { index },
      headers: ifMatch,
      answers: { ...edited, 400: textAnswer('There is no such index.') },
      handle: ({ request, params }) => {
        fileOf(list)
        const at = readIndex(params['index'])
        return edit(list, request, entries => entries.toSpliced(checkIndex(at, entries), 1))
      }
    })
  ]
}

function textAnswer(description: string): Answer {
  return { description, content: { 'text/plain': plainText } }
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

function fileOf<Entry>({ file, path }: EditableList<Entry>): EditableFile<Entry> {
  if (file !== undefined) return file
  throw new HttpError(404, `no ${path}.json is configured here: name the file in the service's configuration`)
}

function readIndex(text: string | undefined): number {
  if (text === undefined || !INDEX.test(text)) throw invalidIndex()
  return Number(text)
}

function checkIndex(at: number, entries: readonly unknown[]): number {
  if (at >= entries.length) throw invalidIndex()
  return at
}

function invalidIndex(): HttpError {
  return new HttpError(400, 'invalid index')
}

/** As Go decodes, keys in any case; but null, which Go takes for an entry without conditions, is none. */
function readEntry<Entry>(list: EditableList<Entry>, text: string): Entry {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpError(400, `the body must be ${article(list.noun)}, a JSON object`)
  }
  // By itself the text is JSON, so between brackets it is a list of one, on the lines it came on.
  const [entry] = rulesOf(() => list.parse(`[${text}]`, 'body'))
  if (entry === undefined) throw new HttpError(400, `the body must be ${article(list.noun)}`)
  return entry
}

function rulesOf<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw error instanceof RuleError ? new HttpError(400, describe(error), { cause: error }) : error
  }
}

function describe({ problems, message }: RuleError): string {
  if (problems.length === 0) return message
  const lines = problems.map(({ line, path, message: problem }) => {
    const place = path.replace(/^\[0\]\.?/, '')
    return `${line === undefined ? '' : `line ${line}: `}${place === '' ? 'the entry' : place} ${problem}`
  })
  return lines.join('\n')
}

async function edit<Entry>(
  list: EditableList<Entry>,
  request: Request,
  change: (entries: readonly Entry[]) => readonly Entry[]
): Promise<Response> {
  const expected = request.headers.get('if-match')
  let changed: readonly Entry[] | undefined
  try {
    await fileOf(list).replace(entries => {
      if (expected !== null) checkMatch(expected, tagOf(list.format(entries)))
      changed = change(entries)
      return changed
    })
  } catch (error) {
    if (error instanceof HttpError) throw error
    // Refused before it was this edit's turn: it is not the edit that is wrong, but what is on disk.
    if (error instanceof RuleError) throw new HttpError(changed ? 400 : 409, describe(error), { cause: error })
    const reason = error instanceof Error ? error.message : String(error)
    throw new HttpError(500, `${list.path}.json cannot be written: ${reason}`, { cause: error })
  }
  return answer(list, changed ?? [])
}

/** Indexes shift under whoever did not see the last edit; who says what it saw is kept from editing the wrong entry. */
function checkMatch(expected: string, tag: string): void {
  const tags = expected.split(',').map(one => one.trim())
  if (tags.includes('*') || tags.includes(tag)) return
  throw new HttpError(412, 'the list has changed since; get it again', { headers: { etag: tag } })
}

function answer<Entry>(list: EditableList<Entry>, entries: readonly Entry[]): Response {
  const text = list.format(entries)
  return json(JSON.parse(text), { headers: { etag: tagOf(text) } })
}

function tagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}
