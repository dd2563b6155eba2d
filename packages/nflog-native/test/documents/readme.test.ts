import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtPackage, run, runScript } from '../integration/kernel.js'
import { type CodeBlock, codeBlocks, page } from './markdown.js'

const pages = ['README.md', 'docs/recipes.md', 'docs/compiling.md', 'docs/coming-from-nflogr.md']
const blocks = pages.flatMap(codeBlocks)
/** Another test may use the same group: the documents' number is for people. */
const group = 4401

interface Program {
  readonly title: string
  readonly program: string
  readonly output: string
}

/** Each program with the block of output that follows it. */
const programs: Program[] = blocks.flatMap(({ title, language, text }, at) => {
  const next = blocks[at + 1]
  return language === 'js' ? [{ title, program: text, output: next?.language === '' ? next.text : '' }] : []
})
const blockWith = (start: string): CodeBlock | undefined => blocks.find(({ text }) => text.startsWith(start))

describeWithKernel('the programs in the documents', () => {
  const rules = blockWith('nft add')?.text ?? ''
  let calls: NodeJS.Timeout
  beforeAll(() => {
    run('sh', ['-ec', rules.replace('group 5', `group ${group}`)])
    calls = setInterval(() => connect(1, '127.0.0.1').on('error', () => undefined), 50)
  })
  afterAll(() => {
    clearInterval(calls)
    run('nft', ['delete', 'table', 'inet', 'demo'])
  })

  it.each(programs)('do what they say: $title', async ({ program, output }) => {
    const { code, stdout, stderr } = await runScript(localised(program))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(shape(stdout)).toBe(shape(output))
  })
})

/** The program with the package as it was built, and only ids that exist here. */
function localised(program: string): string {
  const mapped = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)
  const isAlone = Number(mapped[2]) === 1
  return program
    .replaceAll('@packet-logs/nflog-native/testing', new URL('testing/index.js', builtPackage).href)
    .replaceAll("'@packet-logs/nflog-native'", `'${builtPackage}'`)
    .replace(/(?<= )openNflog\({ groups: 5/, `openNflog({ groups: ${group}`)
    .replace('process.setgroups([])\n', isAlone ? '' : '$&')
    .replaceAll('65534', isAlone ? '0' : '65534')
}

function shape(text: string): string {
  return text
    .replace(/eth0/g, 'lo')
    .replace(/\d{4}-\S+Z/g, 'TIME')
    .replace(/read by \d+/, 'read by USER')
    .replace(/[ ]+$/gm, '')
}

describeWithKernel('a recipe', () => {
  it('reads from outside what a container logs, by entering its network', async () => {
    const recipe = blockWith('nsenter')?.text ?? ''
    const container = spawn('unshare', ['--net', 'sleep', '60'], { stdio: 'ignore' })
    using _ = { [Symbol.dispose]: () => container.kill() }
    const entered = recipe.match(/^nsenter --net="\/proc\/\$\(docker inspect .*\)(\/ns\/net)" node reader.js\n$/)
    expect(entered?.[1]).toBe('/ns/net')
    const namespace = `/proc/${container.pid ?? 0}${entered?.[1] ?? ''}`
    await expect.poll(() => run('readlink', [namespace])).not.toBe(run('readlink', ['/proc/self/ns/net']))
    const script = `
      import { readlinkSync } from 'node:fs'
      await nflog.openNflog({ groups: ${group} }).close()
      console.log(readlinkSync('/proc/self/ns/net'))`
    const { code, stdout, stderr } = await runScript(script, { wrapper: ['nsenter', `--net=${namespace}`] })
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: run('readlink', [namespace]) })
  })

  it('needs no more privilege than the lines for containers and services give', async () => {
    const { code, stderr } = await runScript(`await nflog.openNflog({ groups: ${group + 1} }).close()`, {
      wrapper: ['setpriv', '--bounding-set', '-all,+net_admin', '--inh-caps', '-all']
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('works for a service that is not root and has the capability as an ambient one', async () => {
    const script = `
      await nflog.openNflog({ groups: ${group + 1} }).close()
      console.log(/^CapEff:\\s*(\\w+)/m.exec((await import('node:fs')).readFileSync('/proc/self/status', 'utf8'))[1])`
    const { code, stdout, stderr } = await runScript(script, {
      wrapper: [
        'setpriv',
        '--bounding-set',
        '-all,+net_admin',
        '--inh-caps',
        '-all,+net_admin',
        '--ambient-caps',
        '+net_admin'
      ]
    })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0000000000001000\n', stderr: '' })
  })
})

describe('the documents', () => {
  it.each([
    ['docker run', /--cap-drop ALL --cap-add NET_ADMIN/],
    ['services:', /cap_drop: \[ALL\]\n {4}cap_add: \[NET_ADMIN\]/],
    ['apiVersion:', /capabilities:\n {14}drop: \[ALL\]\n {14}add: \[NET_ADMIN\]/],
    ['[Service]', /AmbientCapabilities=CAP_NET_ADMIN\nCapabilityBoundingSet=CAP_NET_ADMIN\n/]
  ])('give one capability in the block that starts with %s', (start, line) => {
    expect(blockWith(start)?.text).toMatch(line)
    expect(
      blockWith(start)
        ?.text.match(/CAP_\w+|NET_ADMIN/g)
        ?.every(name => name.endsWith('NET_ADMIN'))
    ).toBe(true)
  })

  it('have no block that no test knows', () => {
    // `npm` and `npm explore` are run by the test of the package, the rest above.
    const known = [
      'npm install',
      'nft add',
      'docker run',
      'services:',
      'apiVersion:',
      'nsenter',
      'ip netns exec',
      '[Service]'
    ]
    const unknown = blocks.filter(
      ({ language, text }) => !['js', ''].includes(language) && !known.some(start => text.startsWith(start))
    )
    expect(unknown).toEqual([])
    expect(programs.length).toBeGreaterThan(7)
  })

  it('link to pages and headings that exist', () => {
    for (const path of pages) {
      for (const [, target = ''] of page(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [file = '', heading] = target.split('#')
        const text = page(file === '' ? path : new URL(file, `file:///${path}`).pathname.slice(1))
        const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, name = '']) =>
          name
            .toLowerCase()
            .replace(/[^\w\s-]/g, '')
            .replace(/\s/g, '-')
        )
        if (heading !== undefined) expect(headings).toContain(heading)
      }
    }
  })

  it('list every option, every error code and every counter', () => {
    const readme = page('README.md')
    const names = (path: string, pattern: RegExp): string[] => [
      ...new Set(
        page(path)
          .match(pattern)
          ?.map(name => name.trim())
      )
    ]
    const options = names('src/options.ts', /^ {2}\w+(?=\?: .*undefined$)/gm)
    const codes = names('src/errors.ts', /NFLOG_[A-Z_]+/g)
    const counters = names('src/native.ts', /(?<=^ {2}readonly )\w+(?=: number$)/gm).filter(name => name !== 'fd')
    for (const name of [...options, ...codes]) expect(readme).toContain(`| \`${name}\``)
    for (const name of counters) expect(readme).toMatch(new RegExp(`(stats\\.|\`\\.?)${name}\``))
    expect([options.length, codes.length, counters.length]).toEqual([11, 6, 10])
  })
})
