import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { NftError } from '../errors.js'
import { parseRuleset } from './parse-ruleset.js'
import { type Change, toTransaction } from './plan.js'
import type { Ruleset, TableId } from './ruleset.js'

/** The only way to the kernel's ruleset. Everything else about nft is pure. */
export interface NftRunner {
  /** What nft says its version is, such as `1.0.6`; `undefined` when it does not say. */
  version(): Promise<string | undefined>
  /** The ruleset as it is now. */
  read(): Promise<Ruleset>
  /** A table in nft syntax, with counters and set elements; `undefined` when there is none. */
  listTable(table: TableId): Promise<string | undefined>
  /** Applies changes in one transaction: all of them, or none. Not ended by the signal: it is over in a moment. */
  apply(changes: readonly Change[]): Promise<void>
  /** Applies nft syntax in one transaction. */
  applyText(script: string): Promise<void>
  /** A file below `/proc/net` of the namespace; `undefined` when it is not there or may not be read. */
  readProc(name: string): Promise<string | undefined>
}

export interface NftRunnerOptions {
  /** Name of the network namespace to work in, as `ip netns` knows it; the own one by default. */
  netns?: string
  env: NodeJS.ProcessEnv
  /** Ends an nft that only reads. */
  signal: AbortSignal
}

interface Finished {
  stdout: string
  stderr: string
  exitCode: number
}

/** @throws RangeError when `netns` cannot be the name of a namespace. */
export function createNftRunner({ netns, env, signal }: NftRunnerOptions): NftRunner {
  if (netns !== undefined && (!/^[^/\s\0-][^/\s\0]*$/.test(netns) || netns === '.' || netns === '..')) {
    throw new RangeError(`"${netns}" is not the name of a network namespace (see: ip netns list)`)
  }
  // nft lives in /usr/sbin, which is often missing from the PATH of anyone but root.
  const environment = { ...env, PATH: `${env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C' }

  const run = async (command: string, args: readonly string[], input?: string): Promise<Finished> => {
    const enter = netns === undefined ? [] : ['ip', 'netns', 'exec', netns]
    // nft reads "-" by opening /dev/stdin, which fails on the socket that Node gives a child: cat makes it a pipe.
    const pipe = input === undefined ? [] : ['sh', '-c', 'cat | "$@"', 'sh']
    const [program = command, ...rest] = [...enter, ...pipe, command, ...args]
    if (input !== undefined) return runProgram(program, rest, input, environment)
    const finished = await runProgram(program, rest, '', environment, signal)
    signal.throwIfAborted()
    return finished
  }
  const list = async (...args: readonly string[]): Promise<string> => {
    const finished = await run('nft', args)
    if (finished.exitCode !== 0) throw explain(finished, netns) ?? notListed(finished)
    return finished.stdout
  }
  const change = async (args: readonly string[], input: string): Promise<void> => {
    const finished = await run('nft', args, input)
    if (finished.exitCode !== 0) throw explain(finished, netns) ?? refused(finished)
  }

  const runner: NftRunner = {
    version: async () => /\d+(\.\d+)+/.exec(await list('--version'))?.[0],
    read: async () => parseRuleset(await list('-j', '-a', 'list', 'ruleset')),
    listTable: async ({ family, name }) => {
      const finished = await run('nft', ['list', 'table', family, name])
      if (finished.exitCode === 0) return finished.stdout
      if (/No such file or directory/.test(finished.stderr)) return undefined
      throw explain(finished, netns) ?? notListed(finished)
    },
    apply: async changes => {
      try {
        await change(['-j', '-f', '-'], JSON.stringify(toTransaction(changes)))
      } catch (error) {
        if (error instanceof NftError && error.code === 'NFT_REJECTED') throw await nameRefused(changes, error)
        throw error
      }
    },
    applyText: async script => change(['-f', '-'], script),
    readProc: async name => {
      if (netns === undefined) return readFile(`/proc/net/${name}`, 'utf8').catch(() => undefined)
      const finished = await run('cat', [`/proc/net/${name}`])
      return finished.exitCode === 0 ? finished.stdout : undefined
    }
  }

  const accepts = async (changes: readonly Change[]): Promise<boolean> => {
    const { exitCode } = await run('nft', ['-c', '-j', '-f', '-'], JSON.stringify(toTransaction(changes)))
    return exitCode === 0
  }

  /** nft's JSON reader says no line numbers, so the first change it refuses is found by checking ever fewer of them. */
  const nameRefused = async (changes: readonly Change[], error: NftError): Promise<NftError> => {
    // It failed for another reason, such as being killed: no statement is to blame.
    if (await accepts(changes)) return error
    let accepted = 0
    let refused = changes.length
    while (refused - accepted > 1) {
      const middle = Math.floor((accepted + refused) / 2)
      if (await accepts(changes.slice(0, middle))) accepted = middle
      else refused = middle
    }
    const statement = JSON.stringify(toTransaction(changes.slice(refused - 1, refused)).nftables[1])
    return new NftError('NFT_REJECTED', `${error.message}\nThe first statement it refused: ${statement}`, {
      cause: error,
      ...(error.stderr !== undefined && { stderr: error.stderr }),
      ...(error.exitCode !== undefined && { exitCode: error.exitCode })
    })
  }
  return runner
}

async function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // In a process group of its own: Ctrl-C must not kill nft in the middle and leave open what was applied.
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    const end = (): void => {
      child.kill()
      // What it has started may outlive it and hold the pipes.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    child.once('error', cause => reject(notStarted(program, cause)))
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', end)
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString() + (killedBy ? `killed by ${killedBy}\n` : ''),
        exitCode: code ?? 128
      })
    })
    // A program that ends without reading its input closes the pipe; its exit code tells the story.
    child.stdin.on('error', () => undefined).end(input)
  })
}

function notStarted(program: string, cause: Error): NftError {
  if (program === 'ip') {
    return new NftError('NFT_NAMESPACE', 'ip is not installed; type: apt-get install iproute2', { cause })
  }
  return notFound({ cause })
}

function notFound(options: ErrorOptions & { stderr?: string }): NftError {
  return new NftError(
    'NFT_NOT_FOUND',
    'nft is not installed, or not in PATH; type: apt-get install nftables (Debian, Ubuntu), dnf install nftables ' +
      '(Fedora), apk add nftables (Alpine)',
    options
  )
}

/** What every nft may fail with, whatever it was told to do. */
function explain({ stderr, exitCode }: Finished, netns: string | undefined): NftError | undefined {
  const context = { stderr, exitCode }
  if (exitCode === 127 || /^exec of "nft" failed/m.test(stderr)) return notFound(context)
  if (/Cannot open network namespace|setting the network namespace/.test(stderr)) {
    return new NftError(
      'NFT_NAMESPACE',
      `network namespace "${netns}" cannot be entered: ${stderr.trim()} (see: ip netns list)`,
      context
    )
  }
  if (/Operation not permitted|must be root/.test(stderr)) {
    return new NftError(
      'NFT_PERMISSION',
      'reading and changing log rules needs CAP_NET_ADMIN; run it with sudo',
      context
    )
  }
  return undefined
}

function notListed({ stderr, exitCode }: Finished): NftError {
  const advice = /JSON support not compiled/.test(stderr)
    ? 'this nft was built without JSON; install one that was, 0.9.4 or newer'
    : 'see whether this works: nft -j list ruleset'
  return new NftError(
    'NFT_OUTPUT',
    `nft could not list the ruleset (exit code ${exitCode}): ${stderr.trim()}; ${advice}`,
    { stderr, exitCode }
  )
}

function refused({ stderr, exitCode }: Finished): NftError {
  return new NftError('NFT_REJECTED', `nft refused (exit code ${exitCode}): ${stderr.trim()}`, { stderr, exitCode })
}
