import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process has used since it started. */
export interface ProcessUsage {
  cpuSeconds: number
  peakMemoryMiB: number
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Reads what a running process has used, all its threads together, from /proc (proc_pid_stat(5)). */
export function usageOf(pid: number | undefined): ProcessUsage {
  if (pid === undefined) throw new Error('a measured process did not start')
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The command's name, field 2, may hold blanks and parentheses; what follows its last parenthesis does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  const peakKiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return { cpuSeconds: (userTicks + systemTicks) / ticksPerSecond, peakMemoryMiB: Number(peakKiB) / 1024 }
}
