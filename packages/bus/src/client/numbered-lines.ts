const NEWLINE = 0x0a
const SEQ_KEY = Buffer.from('{"seq":')
const OPENING_BRACE = 0x7b
const COMMA = 0x2c
const SPACE = 0x20
const TAB = 0x09
const CARRIAGE_RETURN = 0x0d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

/** Where the line that begins there has its opening brace: a publisher may have put blanks first. */
function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN; byte = bytes[at]) at += 1
  return at
}

/** The number that the bus put into the line that begins there; 0 when it has none. */
export function seqAt(bytes: Buffer, from: number): number {
  const brace = skipBlanks(bytes, from)
  for (let index = 0; index < SEQ_KEY.length; index += 1) if (bytes[brace + index] !== SEQ_KEY[index]) return 0
  let seq = 0
  for (let at = brace + SEQ_KEY.length; ; at += 1) {
    const byte = bytes[at]
    if (byte === undefined || byte < DIGIT_0 || byte > DIGIT_9) return seq
    seq = seq * 10 + byte - DIGIT_0
  }
}

/** The same of a line as text; does not look further into it, where a publisher may have a `seq` of its own. */
export function seqOfText(line: string): number {
  const text = line.startsWith('{') ? line : line.trimStart()
  return text.startsWith('{"seq":') ? Number.parseInt(text.slice(7, 24), 10) : 0
}

/** Number of the last line that has one; 0 when there is none. */
export function lastSeq(bytes: Buffer): number {
  for (let end = bytes.length - 1; end > 0; ) {
    const from = bytes.lastIndexOf(NEWLINE, end - 1) + 1
    const seq = seqAt(bytes, from)
    if (seq > 0) return seq
    end = from - 1
  }
  return 0
}

/** Number of the first line that has one; 0 when there is none. */
export function firstSeq(bytes: Buffer): number {
  for (let from = 0; from < bytes.length; from = bytes.indexOf(NEWLINE, from) + 1) {
    const seq = seqAt(bytes, from)
    if (seq > 0) return seq
  }
  return 0
}

/** Takes the bus's numbers out of lines, in place, so that they are as they were published; a view of what is left. */
export function stripSeqs(bytes: Buffer): Buffer {
  let to = 0
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, from)
    const end = newline === -1 ? bytes.length : newline + 1
    if (seqAt(bytes, from) > 0) {
      const brace = skipBlanks(bytes, from)
      let comma = brace + SEQ_KEY.length
      while (bytes[comma] !== COMMA) comma += 1
      to += bytes.copy(bytes, to, from, brace)
      bytes[to] = OPENING_BRACE
      to += 1 + bytes.copy(bytes, to + 1, comma + 1, end)
    } else {
      to += bytes.copy(bytes, to, from, end)
    }
    from = end
  }
  return bytes.subarray(0, to)
}
