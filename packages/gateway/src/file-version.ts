import { stat } from 'node:fs/promises'

/** What changes whenever a file is written or replaced, by whatever means; fails when there is no file. */
export async function fileVersion(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(':')
}
