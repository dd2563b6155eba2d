import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type GatewayError, tokenFiles } from '../../src/index.js'
import { temporaryFolder } from './open-gateway.js'

function tokenFile(text: string, mode = 0o600): string {
  const path = `${temporaryFolder()}/tokens`
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
  return path
}

describe('tokenFiles', () => {
  it('lets in whoever knows a token of any of the files', async () => {
    const authenticate = await tokenFiles([tokenFile('one\n'), tokenFile('# more\ntwo', 0o640)])
    expect([await authenticate('one'), await authenticate('two')]).toEqual([{}, {}])
    expect(await authenticate('three')).toBeUndefined()
    expect(await authenticate('# more')).toBeUndefined()
  })

  it.each([0o644, 0o604, 0o602, 0o666])('refuses a file of mode %o, which everybody may read or write', async mode => {
    const path = tokenFile('one', mode)
    const error: unknown = await tokenFiles(path).then(undefined, (error: unknown) => error)
    expect(error).toMatchObject({ code: 'GATEWAY_TOKENS', path })
    expect(String(error)).toContain('chmod 600')
  })

  it('refuses a file that is not there, is none, holds no token, or is huge', async () => {
    const folder = temporaryFolder()
    await expect(tokenFiles(`${folder}/absent`)).rejects.toThrow('ENOENT')
    await expect(tokenFiles(folder)).rejects.toThrow('EISDIR')
    await expect(tokenFiles(tokenFile('# none\n'))).rejects.toThrow('it holds none')
    await expect(tokenFiles(tokenFile('x\n'.repeat(600_000)))).rejects.toThrow('longer than')
    await expect(tokenFiles([])).rejects.toThrow(TypeError)
  })

  it('follows its files as they are rewritten, replaced, spoilt, removed and mended', async () => {
    const path = tokenFile('one')
    const problems: GatewayError[] = []
    const authenticate = await tokenFiles(path, { onProblem: problem => problems.push(problem) })
    const realNow = performance.now.bind(performance)
    let laterMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => realNow() + laterMs)
    onTestFinished(() => clock.mockRestore())
    const expectTokens = async (...tokens: string[]): Promise<void> => {
      laterMs += 1000
      const known = await Promise.all(['one', 'two', 'three'].map(async token => (await authenticate(token)) && token))
      expect(known.filter(Boolean)).toEqual(tokens)
    }
    writeFileSync(path, 'two')
    await expectTokens('two')
    writeFileSync(`${path}.new`, 'three', { mode: 0o600 })
    renameSync(`${path}.new`, path)
    await expectTokens('three')
    chmodSync(path, 0o644)
    await expectTokens()
    await expectTokens()
    rmSync(path)
    await expectTokens()
    writeFileSync(path, 'one\ntwo', { mode: 0o600 })
    await expectTokens('one', 'two')
    expect(problems.map(({ message }) => /mode 644|ENOENT/.exec(message)?.[0])).toEqual(['mode 644', 'ENOENT'])
  })
})
