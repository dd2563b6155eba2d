/**
 * What a spreadsheet takes for a formula, its fullwidth twins among them: events come from the network, and whoever sends
 * packets decides about names in them.
 */
const FORMULA = /^\s*[=+\-@|%\uff0b\uff0d\uff1d\uff20\uff5c]/u

/** A line of CSV by RFC 4180, safe to open in a spreadsheet: what looks like a formula gets an apostrophe before it. */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
