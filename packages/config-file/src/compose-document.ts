import { Composer, type CST, type Document, type LineCounter, Parser, YAMLParseError } from 'yaml'

/** How deep fields may lie in each other: no configuration needs it, and composing them takes stack. */
const MAX_DEPTH = 64

/** A parser that does not follow a text into any depth. */
class BoundedParser extends Parser {
  override *next(source: string): Generator<CST.Token, void> {
    yield* super.next(source)
    if (this.stack.length <= MAX_DEPTH) return
    throw new YAMLParseError([this.offset, this.offset], 'IMPOSSIBLE', `is nested deeper than ${MAX_DEPTH} levels`)
  }
}

/**
 * The one document of a text, as the library's own `parseDocument` gives it, in time and stack that do not depend on who
 * wrote the text.
 *
 * @throws YAMLParseError for a text that is too deep, or more than one document; other errors stand in the document
 */
export function composeDocument(text: string, lines: LineCounter): Document {
  const parser = new BoundedParser(lines.addNewLine)
  // The library would compare each key with each other one, and draw the line of each error.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false })
  let document: Document | undefined
  for (const composed of composer.compose(parser.parse(text), true, text.length)) {
    if (document !== undefined) {
      throw new YAMLParseError([composed.range[0], composed.range[1]], 'MULTIPLE_DOCS', 'holds more than one document')
    }
    document = composed
  }
  if (document === undefined) throw new YAMLParseError([0, 0], 'IMPOSSIBLE', 'holds no document')
  return document
}
