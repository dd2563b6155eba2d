import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { LabError } from './errors.js'
import { namespacePrivilege, type Privilege } from './privilege.js'

/** A network namespace of its own, in which commands can be run. */
export interface Host {
  /** Name used in error messages. */
  readonly name: string
  /** Process that keeps the namespace alive. */
  readonly pid: number
  /** Starts a command inside; it is killed when this process dies, however it dies. */
  spawn(command: string, args?: readonly string[], options?: SpawnOptions): ChildProcess
  /**
   * Runs a command inside and collects what it prints.
   *
   * @throws LabError `LAB_COMMAND` when it cannot be started or exits with anything but 0.
   */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<{ stdout: string; stderr: string }>
  /** Applies a ruleset in nft syntax, in one transaction. */
  nft(ruleset: string): Promise<void>
}

export interface RunOptions {
  /** Text for standard input. */
  input?: string
  env?: NodeJS.ProcessEnv
}

/** How a new host is wired to the lab's own namespace: a veth pair with a device at each end. */
export interface HostLink {
  name: string
  /** Device name at the lab's end. The host's end is always `eth0`. */
  device: string
  /** Addresses with prefix length at the lab's end, such as `192.168.2.1/24` and `fd00:2::1/64`. */
  labAddresses: readonly string[]
  /** Addresses with prefix length at the host's end. */
  addresses: readonly string[]
  /** Addresses that the host uses as its default routes. */
  gateways?: readonly string[]
}

/** A private network: a namespace that routes, and hosts beside it. Nothing of it is visible on the machine. */
export interface Lab extends Host, AsyncDisposable {
  addHost(link: HostLink): Promise<Host>
  /** Ends every process started in the lab; the namespaces and devices go with them. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Makes a private network namespace with loopback up.
 *
 * @throws LabError `LAB_PRIVILEGE` or `LAB_TOOL_MISSING`, each saying what to do.
 */
export async function openLab(): Promise<Lab> {
  const privilege = namespacePrivilege()
  const children = new Set<ChildProcess>()
  const router = await openHost('lab', privilege, children, [])

  const addHost = async (link: HostLink): Promise<Host> => {
    // A nested namespace is made by the lab's own root, so that without privilege it belongs to the same user namespace.
    const enter = ['nsenter', `--target=${router.pid}`, ...privilege.nsenter]
    const host = await openHost(link.name, { ...privilege, unshare: ['--net'] }, children, enter)
    const peer = ['peer', 'name', 'eth0', 'netns', String(host.pid)]
    await router.run('ip', ['link', 'add', link.device, 'type', 'veth', ...peer])
    await addAddresses(router, link.device, link.labAddresses)
    await addAddresses(host, 'eth0', link.addresses)
    for (const gateway of link.gateways ?? []) {
      await host.run('ip', [gateway.includes(':') ? '-6' : '-4', 'route', 'add', 'default', 'via', gateway])
    }
    return host
  }

  const close = async (): Promise<void> => {
    const ended = [...children].filter(isRunning).map(child => once(child, 'exit'))
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(ended)
    children.clear()
  }
  return { ...router, addHost, close, [Symbol.asyncDispose]: close }
}

/**
 * Duplicate address detection would keep a new device's IPv6 silent for a second or two; where /proc/sys is read-only, as in
 * some containers, it just does.
 */
const setUp = `
  echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/default/accept_dad
  ip link set lo up && echo ready && exec cat`

/** A namespace lives as long as its holder: a `cat` that ends by itself when this process is gone. */
async function openHost(
  name: string,
  privilege: Privilege,
  children: Set<ChildProcess>,
  enter: readonly string[]
): Promise<Host> {
  const [command = '', ...args] = [...enter, 'unshare', ...privilege.unshare]
  const holder = spawn(command, [...args, 'sh', '-c', setUp], {
    stdio: ['pipe', 'pipe', 'pipe']
  })
  children.add(holder)
  const stderr = collect(holder, 'stderr')
  const outcome = await Promise.race([once(holder.stdout, 'data').then(() => 'ready'), once(holder, 'exit')])
  if (outcome !== 'ready' || holder.pid === undefined) {
    throw new LabError(
      'LAB_COMMAND',
      `${name}: the namespace did not come up: ${stderr().trim()} (is iproute2 installed?)`
    )
  }
  const pid = holder.pid
  const inside = [`--target=${pid}`, ...privilege.nsenter, '--', 'setpriv', '--pdeathsig', 'KILL', '--']

  const host: Host = {
    name,
    pid,
    spawn: (command, args = [], options = {}) => {
      const child = spawn('nsenter', [...inside, command, ...args], options)
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    run: async (command, args = [], { input, env } = {}) => {
      const child = host.spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(env && { env }) })
      const stdout = collect(child, 'stdout')
      const stderr = collect(child, 'stderr')
      // A command that does not read its input closes the pipe; its exit code tells the story.
      child.stdin?.on('error', () => undefined).end(input ?? '')
      const [exitCode] = (await once(child, 'close')) as [number | null]
      if (exitCode !== 0) {
        const said = stderr().trim() || stdout().trim()
        throw new LabError('LAB_COMMAND', `${name}: ${[command, ...args].join(' ')} exited with ${exitCode}: ${said}`)
      }
      return { stdout: stdout(), stderr: stderr() }
    },
    nft: async ruleset => {
      await host.run('nft', ['-f', '-'], { input: ruleset })
    }
  }
  return host
}

async function addAddresses(host: Host, device: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    // Duplicate address detection would keep an IPv6 address unusable for a second.
    await host.run('ip', ['address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : [])])
  }
  await host.run('ip', ['link', 'set', device, 'up'])
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
