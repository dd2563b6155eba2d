import { readFile } from 'node:fs/promises'

/** A user or a group: its number, or its name as in /etc/passwd and /etc/group. */
export type AccountId = number | string

/**
 * The number of a user or group.
 * @throws RangeError when there is none of that name
 */
export async function resolveAccount(kind: 'owner' | 'group', account: AccountId): Promise<number> {
  if (typeof account === 'number' || /^\d+$/.test(account)) {
    const id = Number(account)
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_fffe) {
      throw new RangeError(`${kind}: expected a name or a number from 0 to 4294967294, got ${account}`)
    }
    return id
  }
  const file = kind === 'owner' ? '/etc/passwd' : '/etc/group'
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [name, , id] = line.split(':')
    if (name === account) return Number(id)
  }
  throw new RangeError(
    `${kind}: there is no ${JSON.stringify(account)} in ${file}; name one that is there, or give its number`
  )
}
