import { spawnSync } from 'node:child_process'
import { LabError } from './errors.js'

/** How this process may make a network namespace: as root, or as root of a user namespace of its own. */
export interface Privilege {
  /** Arguments of `unshare` that make the namespace. */
  readonly unshare: readonly string[]
  /** Arguments of `nsenter`, beside `--target PID`, that enter it again. */
  readonly nsenter: readonly string[]
}

const asRoot: Privilege = { unshare: ['--net'], nsenter: ['--net'] }
const asUser: Privilege = {
  unshare: ['--user', '--map-root-user', '--net'],
  nsenter: ['--user', '--preserve-credentials', '--net']
}

/**
 * Finds out, by trying, how a private network namespace can be made here.
 *
 * @throws LabError `LAB_TOOL_MISSING` without util-linux's `unshare`, `LAB_PRIVILEGE` when the kernel refuses.
 */
export function namespacePrivilege(): Privilege {
  const refusals: string[] = []
  for (const privilege of [asRoot, asUser]) {
    const probe = spawnSync('unshare', [...privilege.unshare, 'true'], { encoding: 'utf8' })
    if (probe.error) {
      throw new LabError('LAB_TOOL_MISSING', `unshare cannot be run (${probe.error.message}); install util-linux`, {
        cause: probe.error
      })
    }
    if (probe.status === 0) return privilege
    refusals.push(probe.stderr.trim())
  }
  throw new LabError(
    'LAB_PRIVILEGE',
    `no network namespace can be made here (${refusals.join('; ')}). ` +
      'Run as root, or allow unprivileged user namespaces: ' +
      'sudo sysctl -w kernel.unprivileged_userns_clone=1 (Debian), ' +
      'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); ' +
      'in a container, start it with --privileged'
  )
}
