import type { ASTNode } from '@marcbachmann/cel-js'
import { serialize } from '@marcbachmann/cel-js'

/** An escape of a text, the two halves of a character together. */
const ESCAPE = /\\(?:u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})|.)/gis

/** An expression as it is written, so that it can be read again: halves of characters, which CEL does not read, are joined. */
export function written(node: ASTNode): string {
  return serialize(node).replace(ESCAPE, (whole, high?: string, low?: string) => {
    if (high === undefined || low === undefined) return whole
    return String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16))
  })
}
