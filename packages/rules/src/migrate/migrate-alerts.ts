import { severityOf } from '../alerts/alert-writer.js'
import type { AlertAction, AlertEntry } from '../alerts/entry.js'
import { entryId } from '../alerts/entry.js'
import { readAlerts } from '../alerts/read.js'
import { PLACEHOLDER } from '../alerts/template.js'
import { RuleError } from '../errors.js'
import { formatPath } from '../explain/explain-filter.js'
import { compileFilter } from '../filter/compile-filter.js'
import { MAX_ID_CHARACTERS, MAX_MESSAGE_CHARACTERS, MAX_TITLE_CHARACTERS } from '../rules-file/limits.js'
import { PACKET_PATHS } from './event-paths.js'
import { allOf, anyOf, contraryOf, formatFormula, UntranslatableError } from './formula.js'
import { translateJPath } from './jpath-filter.js'
import type { MigrateOptions, Migration, WrittenRule } from './migration.js'
import { RulesWriter } from './migration.js'

const PACKETS = 'nft:'

/**
 * Makes a `rules.yaml` of an `alerts.json`: a rule for each entry, and for each further action of one.
 * @throws RuleError `RULE_INVALID` when the file cannot be read
 */
export function migrateAlerts(text: string, options: MigrateOptions = {}): Migration {
  const { file = 'alerts.json', reading = 'strict' } = options
  const { entries, lines } = readAlerts(text, file)
  const writer = new RulesWriter(file, [
    `Made from ${file}: ${reading === 'spr' ? 'exactly what SPR makes of it' : 'what its entries are meant to say'}.`
  ])
  for (const [index, entry] of entries.entries()) {
    const path = `[${index}]`
    const line = lines.get(path)
    writer.comment(`Entry ${path}${line === undefined ? '' : `, line ${line}`}: ${entry.Name}.`)
    try {
      const when = alertFilter(entry, { reading })
      writeEntry(writer, entry, when, { lines, path })
    } catch (error) {
      if (!(error instanceof PartError)) throw error
      const { partPath, message } = error
      writer.lose(
        lines.get(`${path}${partPath}.JPath`) ?? lines.get(`${path}${partPath}`) ?? line,
        `${path}${partPath}`,
        message
      )
      for (const { JPath } of entry.Conditions) writer.comment(`  ${JPath}`)
      writer.comment(`Left out: ${partPath.slice(1)}: ${message}.`)
    }
  }
  return writer.finish()
}

/** Which part of an entry stands in the way. */
class PartError extends Error {
  override readonly name = 'PartError'
  readonly partPath: string

  constructor(partPath: string, message: string, cause: unknown) {
    super(message, { cause })
    this.partPath = partPath
  }
}

/**
 * The filter that matches what satisfies an entry of `alerts.json`.
 * @throws Error that says which part of it no filter can express
 */
export function alertFilter(entry: AlertEntry, { reading }: { readonly reading: 'strict' | 'spr' }): string {
  const { TopicPrefix, Conditions, MatchAnyOne, InvertRule } = entry
  // Without conditions SPR does not ask InvertRule.
  if (Conditions.length === 0) return 'true'
  const isPacket = TopicPrefix.startsWith(PACKETS)
  if (PACKETS.startsWith(TopicPrefix) && !isPacket) {
    throw new PartError('.TopicPrefix', 'has the topics of packets and of others: name them apart', undefined)
  }
  const formulas = Conditions.map(({ JPath }, place) =>
    part(`.Conditions[${place}]`, () => {
      const formula = translateJPath(JPath, { reading, isPacket })
      compileFilter(formatFormula(formula))
      return formula
    })
  )
  return part('.Conditions', () => {
    const formula = MatchAnyOne ? anyOf(formulas) : allOf(formulas)
    const filter = formatFormula(InvertRule ? contraryOf(formula) : formula)
    compileFilter(filter)
    return filter
  })
}

function part<T>(path: string, translate: () => T): T {
  try {
    return translate()
  } catch (error) {
    if (error instanceof UntranslatableError) throw new PartError(path, error.message, error)
    if (error instanceof RuleError) throw new PartError(path, error.message.split('\n')[0] ?? '', error)
    throw error
  }
}

function writeEntry(
  writer: RulesWriter,
  entry: AlertEntry,
  when: string,
  { lines, path }: { lines: ReadonlyMap<string, number>; path: string }
): void {
  const { Actions, Disabled, TopicPrefix } = entry
  for (const [place, action] of Actions.entries()) {
    if (!action.SendNotification && !action.StoreAlert) continue
    const at = `${path}.Actions[${place}]`
    if (action.GrabEvent || action.GrabValues) {
      writer.comment(
        'Its alerts held the event or its values; those of rules hold the fields that their templates name.'
      )
    }
    const lose = (message: string, what = 'Changed'): void => {
      writer.lose(lines.get(at) ?? lines.get(path), at, message)
      writer.comment(`${what}: ${message}.`)
    }
    const messages = messagesOf(entry, action, lose)
    const isSuffix = SUFFIX.test(action.BucketSuffix)
    if (!isSuffix) lose('its BucketSuffix is no ending of a topic, and gives way to the id')
    const problem = writer.rule({
      id: idOf(entry),
      when,
      ...(TopicPrefix === PACKETS ? {} : { topics: [TopicPrefix] }),
      ...messages,
      severity: severityOf(action),
      ...(isSuffix ? { suffix: action.BucketSuffix } : {}),
      actions: [...(action.StoreAlert ? ['bus'] : []), ...(action.SendNotification ? ['websocket'] : [])],
      ...(Disabled ? { enabled: false } : {})
    })
    if (problem !== undefined) lose(problem, 'Left out')
  }
}

const SUFFIX = new RegExp(`^[\\w.:-]{0,${MAX_ID_CHARACTERS}}$`)

/** SPR's identity, or the name with what an identity has no room for left out. */
function idOf(entry: AlertEntry): string {
  const id = entryId(entry)
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, MAX_ID_CHARACTERS - 8)
    .replace(/^[^A-Za-z0-9_]+|-+$/g, '')
  return id === '' ? 'alert' : id
}

function messagesOf(
  entry: AlertEntry,
  { MessageTitle, MessageBody }: AlertAction,
  lose: (message: string) => void
): Pick<WrittenRule, 'title' | 'message'> {
  const isPacket = entry.TopicPrefix.startsWith(PACKETS)
  const title = templateOf(MessageTitle, isPacket, lose)
  const message = templateOf(MessageBody, isPacket, lose)
  return {
    title: (title === '' ? plain(entry.Name) : title).slice(0, MAX_TITLE_CHARACTERS),
    ...(message === '' ? {} : { message: message.slice(0, MAX_MESSAGE_CHARACTERS) })
  }
}

/** Text that no template takes for a field. */
function plain(text: string): string {
  return text.replace(/\{(?=\{)/g, '{ ')
}

/** `{{IP.SrcIP#Device}}` becomes `{{src.ip}}`: device names are known to SPR's clients only. */
function templateOf(template: string, isPacket: boolean, lose: (message: string) => void): string {
  let text = ''
  let at = 0
  for (const { 0: whole, 1: path = '', index } of template.matchAll(PLACEHOLDER)) {
    text += plain(template.slice(at, index))
    at = index + whole.length
    const field = path.includes('__') ? undefined : fieldAt(path, isPacket)
    if (field === undefined) lose(`rules have no field for ${whole}, which is left out of its text`)
    else text += `{{${field}}}`
  }
  return text + plain(template.slice(at))
}

function fieldAt(path: string, isPacket: boolean): string | undefined {
  if (isPacket) return PACKET_PATHS.get(path)?.field
  return formatPath(path.split('.').map(key => (/^\d{1,9}$/.test(key) ? Number(key) : key)))
}
