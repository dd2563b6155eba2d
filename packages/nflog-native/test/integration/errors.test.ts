import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openNflog } from '../../src/index.js'
import { builtPackage, fileOf, runScript } from './kernel.js'

/** What a script that opens a socket is told. */
const openAndTell = `
  try { nflog.openNflog({ groups: 4601 }); console.log('opened') }
  catch (error) { console.log(JSON.stringify({ ...error, message: error.message, known: error instanceof nflog.NflogError })) }`

interface Told {
  code: string
  message: string
  known: boolean
}

async function tell(script: string, options: Parameters<typeof runScript>[1] = {}): Promise<Told> {
  const { code, stdout, stderr } = await runScript(script, options)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Told
}

describe.each([
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['freebsd', 'x64']
])('on %s', (platform, arch) => {
  // Before the package is imported, as it would be there.
  const pretend = `data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process, 'platform', { value: '${platform}' }); Object.defineProperty(process, 'arch', { value: '${arch}' })`
  )}`

  it('importing works, and opening explains', async () => {
    const told = await tell(openAndTell, { nodeOptions: ['--import', pretend] })
    expect(told).toMatchObject({ code: 'NFLOG_UNSUPPORTED_PLATFORM', known: true })
    expect(told.message).toContain(`this is ${platform}; run on Linux, or in a Linux container or VM`)
  })

  it('a wrong option is wrong there too', async () => {
    const script = `try { nflog.openNflog({ groups: -1 }) } catch (error) { console.log(error.name, error.message) }`
    const { stdout } = await runScript(script, { nodeOptions: ['--import', pretend] })
    expect(stdout).toMatch(/^RangeError groups must be/)
  })

  it('the fake works', async () => {
    const script = `
      const { createFakeNflog } = await import(${JSON.stringify(new URL('testing/index.js', builtPackage).href)})
      const fake = createFakeNflog()
      const socket = fake.openNflog({ groups: 5, queueThreshold: 1 })
      fake.log({ group: 5, prefix: 'here' })
      console.log(socket.tryRead().prefix)`
    const { code, stdout } = await runScript(script, { nodeOptions: ['--import', pretend] })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'here\n' })
  })
})

describe.runIf(process.platform === 'linux')('a package without a fitting addon', () => {
  let folder: string
  beforeAll(() => {
    // A path with a blank, because the message is to be typed.
    folder = join(mkdtempSync(join(tmpdir(), 'nflog-native-')), 'a package')
    mkdirSync(join(folder, 'native/prebuilds/linux-mips'), { recursive: true })
    mkdirSync(join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    cpSync(fileOf('../../dist'), join(folder, 'dist'), { recursive: true })
    symlinkSync(fileOf('../../node_modules/node-gyp-build'), join(folder, 'node_modules/node-gyp-build'))
  })
  afterAll(() => rmSync(join(folder, '..'), { recursive: true }))

  const scriptHere = (before = ''): string =>
    `${before}\nconst here = await import(${JSON.stringify(pathToFileURL(join(folder, 'dist/index.js')).href)})
    ${openAndTell.replaceAll('nflog.', 'here.')}`

  it('says so, and how to compile it', async () => {
    const told = await tell(scriptHere())
    expect(told).toMatchObject({ code: 'NFLOG_ADDON_MISSING', known: true })
    expect(told.message).toContain(`no compiled addon that fits (linux ${process.arch}, Node ${process.version})`)
    expect(told.message).toContain(`npx node-gyp rebuild -C '${folder}/native'`)
    expect(told.message).toContain('npm install node-addon-api')
  })

  it('says so as well for an addon of another version', async () => {
    mkdirSync(join(folder, 'native/build/Release'), { recursive: true })
    writeFileSync(join(folder, 'native/build/Release/nflog.node'), '')
    const told = await tell(
      scriptHere(`
        import { createRequire } from 'node:module'
        createRequire('/').extensions['.node'] = module => { module.exports = { layoutVersion: 0, recordWords: 24 } }`)
    )
    expect(told).toMatchObject({ code: 'NFLOG_ADDON_MISSING', known: true })
    expect(told.message).toContain('of another version of this package')
  })
})

/** The kernel's list of readers belongs to the machine's root, also inside a user namespace. */
function tellsOwners(): boolean {
  try {
    accessSync('/proc/net/netfilter/nfnetlink_log', constants.R_OK)
    return true
  } catch {
    return false
  }
}

describeWithKernel('a group that another process reads', () => {
  it('is said to be taken, by whom if the kernel tells, and free again when that ends', async () => {
    const source = `import { openNflog } from '${builtPackage}'; openNflog({ groups: 4602 }).batches().next(); console.log('open')`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(owner, 'close')
    await once(owner.stdout, 'data')
    const named = new RegExp(`by another socket \\(probably process ${owner.pid ?? 0}, \\S+\\); stop that reader`)
    const open = (): unknown => openNflog({ groups: 4602 })
    expect(open).toThrow(tellsOwners() ? named : /by another socket; stop that reader/)
    expect(open).toThrow(expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: 4602, errno: 1 }) as Error)
    owner.kill()
    await ended
    await openNflog({ groups: 4602 }).close()
  })

  it('is not confused with a lack of privilege', async () => {
    await using owner = openNflog({ groups: 4603 })
    const script = openAndTell.replace('4601', '4603')
    const told = await tell(script, { wrapper: ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'] })
    expect(told).toMatchObject({ code: 'NFLOG_PERMISSION', known: true })
    expect(told.message).toMatch(/needs CAP_NET_ADMIN.*root.*AmbientCapabilities=CAP_NET_ADMIN.*--cap-add NET_ADMIN/)
    expect(owner.groups).toEqual([4603])
  })

  it('is not confused with it either by a reader that has very many', async () => {
    const all = Array.from({ length: 100 }, (_, i) => 65535 - i)
    const owner = openNflog({ groups: all, flushMs: 3_600_000 })
    expect(() => openNflog({ groups: 65535 })).toThrow(
      expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: 65535 }) as Error
    )
    owner.configure({ copyBytes: 40 })
    // Who thinks that it lacks the privilege waits for flushMs.
    await owner.close()
  })

  it('is told of when no descriptor is left', async () => {
    const script = `
      const sockets = []
      try { for (let group = 4610; ; group++) sockets.push(nflog.openNflog({ groups: group })) }
      catch (error) { console.log(JSON.stringify({ ...error, message: error.message, known: true })) }
      process.exit(0)`
    const told = await tell(script, { wrapper: ['prlimit', '--nofile=64:64'] })
    expect(told).toMatchObject({ code: 'NFLOG_IO', osCode: 'EMFILE' })
    expect(told.message).toMatch(/descriptors.*raise the limit/)
  })
})
