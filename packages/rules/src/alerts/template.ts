import { printable } from '../filter/source-text.js'
import { isObject } from '../filter/value.js'

/** The tags that SPR's clients fill in with what they know of a device. */
export const TEMPLATE_TAGS: readonly string[] = [
  'Device',
  'DeviceName',
  'DeviceIcon',
  'DeviceIP',
  'DeviceMAC',
  'Interface',
  'Disabled'
]

/** `{{IP.SrcIP#Device}}`: a path into the event, and perhaps a tag. */
export const PLACEHOLDER: RegExp = /\{\{([\w.]+)(?:#(\w*))?\}\}/g
const MAX_VALUE_CHARACTERS = 256
const MAX_CHARACTERS = 2048

/** Fills in a template from an event. Devices are what the event says of them: their names only clients know. */
export function renderTemplate(template: string, event: unknown): string {
  const text = template.replace(PLACEHOLDER, (_, path: string) => {
    // SPR's clients erase these, lest a path lead out of the event.
    return path.includes('__') ? '' : shown(valueAt(event, path))
  })
  return printable(text.slice(0, MAX_CHARACTERS))
}

function valueAt(event: unknown, path: string): unknown {
  let value = event
  for (const key of path.split('.')) {
    if ((!isObject(value) && !Array.isArray(value)) || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.slice(0, MAX_VALUE_CHARACTERS)
    case 'number':
    case 'boolean':
      return String(value)
    default:
      return ''
  }
}
