import { readFileSync } from 'node:fs'
import * as bus from '@packet-logs/bus'
import { expect, it } from 'vitest'
import * as ws from 'ws'
import * as gateway from '../../src/index.js'

const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

type AsyncFunctionConstructor = new (...text: string[]) => (...values: unknown[]) => Promise<void>
const AsyncFunction = (async (): Promise<void> => {}).constructor as AsyncFunctionConstructor

it('the example of the README prints what the README says', async () => {
  const [, program = '', output = ''] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(page) ?? []
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const log = (text: string): void => {
      printed += `${text}\n`
      if (printed.length >= output.length) resolve()
    }
    const environment = { console: { log }, bus, gatewayPackage: gateway, ws }
    const body = program
      .replace(/^import (\{.*?\}) from '(?:@packet-logs\/)?(\w+)'$/gm, 'const $1 = $2')
      .replace('= gateway\n', '= gatewayPackage\n')
    new AsyncFunction(...Object.keys(environment), body)(...Object.values(environment)).catch(reject)
  })
  expect(output).not.toBe('')
  expect(printed).toBe(output)
})
