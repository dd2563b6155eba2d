import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { expect, it } from 'vitest'
import { builtPackage, fileOf, run, runScript } from './kernel.js'

describeWithKernel('the README', () => {
  it('shows a rule, a program and its output as they are', async () => {
    const readme = readFileSync(fileOf('../../README.md'), 'utf8')
    const [rules = '', program = '', output = ''] = [
      ...readme.matchAll(/```(?:sh|js|)\n(nft[\s\S]*?|import[\s\S]*?|new:in[\s\S]*?)```/g)
    ].map(match => match[1])
    // Another test may use the same group: the README's number is for people.
    run('sh', ['-ec', rules.replace('group 5', 'group 4401')])
    using _ = { [Symbol.dispose]: () => run('nft', ['delete', 'table', 'inet', 'demo']) }
    const calls = setInterval(() => connect(1, '127.0.0.1').on('error', () => undefined), 50)
    const script = program.replace('@packet-logs/nflog-native', builtPackage).replace('groups: 5', 'groups: 4401')
    const { stdout, stderr } = await runScript(script)
    clearInterval(calls)
    expect(stderr).toBe('')
    const shape = (text: string): string => text.replace(/eth0/g, 'lo').replace(/\d{4}-\S+Z/g, 'TIME')
    expect(shape(stdout)).toBe(shape(output))
  })

  it('lists every option and every error code', () => {
    const readme = readFileSync(fileOf('../../README.md'), 'utf8')
    const options = readFileSync(fileOf('../../src/options.ts'), 'utf8').match(/^ {2}\w+(?=\??: .*(undefined|\[\])$)/gm)
    const codes = readFileSync(fileOf('../../src/errors.ts'), 'utf8').match(/NFLOG_[A-Z_]+/g)
    for (const name of [...(options ?? []), ...(codes ?? [])]) expect(readme).toContain(`| \`${name.trim()}\``)
    expect(options?.length).toBeGreaterThan(6)
    expect(codes?.length).toBe(6)
  })
})
