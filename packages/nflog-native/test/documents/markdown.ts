import { readFileSync } from 'node:fs'

/** A page of this package, by its path in it. */
export function page(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

export interface CodeBlock {
  /** Page and the heading above. */
  readonly title: string
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  for (const [, headingText, language = '', text = ''] of page(path).matchAll(
    /^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm
  )) {
    if (headingText !== undefined) heading = headingText
    else blocks.push({ title: `${path}, ${heading}`, language, text })
  }
  return blocks
}

/** The rows of all tables of a page, without the heads; cells as they are written. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    const isHead = lines[at + 1]?.startsWith('| --') ?? false
    if (!line.startsWith('|') || line.startsWith('| --') || isHead) return []
    return [
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim())
    ]
  })
}

/** The first code span of a cell. */
export function codeOf(cell: string | undefined): string {
  return cell?.match(/`([^`]+)`/)?.[1] ?? ''
}
