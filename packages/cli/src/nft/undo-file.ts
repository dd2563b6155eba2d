import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { NftError } from '../errors.js'
import type { TableId } from './ruleset.js'

/** Where undo files go: `$XDG_STATE_HOME`, else `/var/lib` for root and `~/.local/state` for others. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_STATE_HOME'] || (process.getuid?.() === 0 ? '/var/lib' : join(homedir(), '.local', 'state'))
  return join(base, 'packet-logs')
}

/** Undo files that are kept; older ones go when a new one is written. */
const keptUndoFiles = 20

/** A table as it stands before a change; no text when it does not exist yet. */
export interface TableListing {
  table: TableId
  text?: string
}

/** The nft script that puts whole tables back to what they were, for the day everything else fails. */
export function formatUndoScript(listings: readonly TableListing[]): string {
  const lines = [
    '# Puts these tables back to what they were before packet-logs changed them. Later edits by others are lost,',
    '# so prefer: packet-logs nft remove. To use it: nft -f THIS-FILE'
  ]
  for (const { table, text } of listings) {
    // Declaring it first makes the deletion succeed whether or not the table is there.
    const name = `table ${table.family} ${table.name}`
    lines.push(name, `delete ${name}`)
    if (text !== undefined) lines.push(text.trimEnd())
  }
  return `${lines.join('\n')}\n`
}

/**
 * Writes an undo file and says where it is.
 *
 * @throws NftError `NFT_UNDO_FILE` when it cannot be written; nothing has been changed then.
 */
export async function writeUndoFile(directory: string, script: string, now: Date = new Date()): Promise<string> {
  const path = join(directory, `nft-undo-${now.toISOString().replaceAll(':', '-')}.nft`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(path, script, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new NftError(
      'NFT_UNDO_FILE',
      `the undo file cannot be written, so nothing was changed: ${reason}; name another place with --state-dir DIR`,
      { cause }
    )
  }
  await prune(directory)
  return path
}

/** The names sort by time. Old files are no reason to fail: what was to be saved is. */
async function prune(directory: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter(name => /^nft-undo-.*\.nft$/.test(name)).sort()
  const old = names.slice(0, -keptUndoFiles)
  await Promise.all(old.map(name => rm(join(directory, name), { force: true }).catch(() => undefined)))
}
