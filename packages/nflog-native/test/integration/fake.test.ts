import { expect, it } from 'vitest'
import { builtPackage, runScript } from './kernel.js'

const testing = JSON.stringify(new URL('testing/index.js', builtPackage).href)
const setUp = `
  const { createFakeNflog } = await import(${testing})
  const fake = createFakeNflog()
  const socket = fake.openNflog({ groups: 5, flushMs: 50 })`

it('keeps a process alive that waits for a packet of the fake, as the kernel would', async () => {
  const script = `${setUp}
    setTimeout(() => { console.log('still here'); process.exit(0) }, 100).unref()
    await socket.batches().next()`
  expect(await runScript(script)).toMatchObject({ code: 0, stdout: 'still here\n', stderr: '' })
})

it.each([
  ['after unref', 'socket.unref().batches().next()'],
  ['when nobody waits', 'fake.log({ group: 5 })'],
  ['after what it waited for came', 'fake.log({ group: 5 }); for await (const packet of socket) break'],
  ['after close', 'const waiting = socket.batches().next(); await socket.close(); await waiting'],
  ['after a failure', "const waiting = socket.batches().next(); fake.fail(5, 'EBADF'); await waiting.catch(() => {})"]
])('lets a process end %s', async (_, script) => {
  // A timer that never fires would keep it until it is killed.
  const { code, signal, stderr } = await runScript(`${setUp}\n${script}`)
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
})
