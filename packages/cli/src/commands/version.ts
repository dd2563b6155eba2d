import { readFile } from 'node:fs/promises'
import { arch, platform, release } from 'node:os'
import { Command } from 'commander'
import { type Io, write } from '../io.js'
import { readPackageVersions, readVersion } from '../version.js'
import { openRunner } from './nft/options.js'

interface VersionOptions {
  all?: true
  json?: true
}

const help = `
Examples:
  packet-logs version
  packet-logs version --all    what a report about a problem should begin with`

/** `packet-logs version`: what a report about a problem should begin with. */
export function versionCommand(io: Io): Command {
  return new Command('version')
    .description('print the version; with --all of everything that takes part')
    .option('-a, --all', 'packages, Node.js, nft, kernel')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async ({ all, json }: VersionOptions) => {
      const own = { 'packet-logs': readVersion() }
      const versions: Record<string, string> = all ? { ...own, ...(await readAll(io)) } : own
      if (json) return write(io.stdout, `${JSON.stringify(versions)}\n`)
      if (!all) return write(io.stdout, `${readVersion()}\n`)
      const width = Math.max(...Object.keys(versions).map(name => name.length))
      const lines = Object.entries(versions).map(([name, version]) => `${name.padEnd(width)}  ${version}\n`)
      await write(io.stdout, lines.join(''))
    })
}

async function readAll(io: Io): Promise<Record<string, string>> {
  const nft = openRunner(io, {}).then(runner => runner.version())
  return {
    ...readPackageVersions(),
    node: process.version.slice(1),
    nft: (await nft.catch(() => undefined)) ?? 'not installed',
    kernel: `${platform()} ${release()} ${arch()}`,
    system: await readSystem()
  }
}

/** The distribution's name for itself (os-release(5)). */
async function readSystem(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'unknown'
}
