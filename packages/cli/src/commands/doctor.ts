import { Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import type { Finding } from '../doctor/diagnose.js'
import { type Io, takesColor, write } from '../io.js'
import { addCommonOptions, type CommonOptions, openRunner } from './nft/options.js'
import { socketOption } from './socket-option.js'

interface DoctorOptions extends CommonOptions {
  socket?: string
  seconds: number
}

const help = `
Looks at everything between the kernel and the bus: privilege, nft, log rules, who reads their groups, packets the kernel
had to drop, the bus, whether logged packets come out as events, and the clock. Changes nothing.

Examples:
  packet-logs doctor
  packet-logs doctor --seconds 30 --netns router
  packet-logs doctor --json | jq -r '.findings[] | select(.severity == "problem") | .fix'

Exit codes: 0 no problem found, 1 problems found, 2 called the wrong way.`

/** `packet-logs doctor`: explains a silent system. */
export function doctorCommand(io: Io): Command {
  const command = new Command('doctor').description('find out why packets or events are missing, and what to do')
  return addCommonOptions(command)
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .option('--seconds <n>', 'how long to watch counters and events', parseSeconds, 2)
    .addHelpText('after', help)
    .action(async (options: DoctorOptions) => {
      const [{ takeSnapshot }, { diagnose }] = await Promise.all([
        import('../doctor/take-snapshot.js'),
        import('../doctor/diagnose.js')
      ])
      const runner = await openRunner(io, options)
      if (!options.json) io.stderr.write(`packet-logs: looking around for ${options.seconds} s\n`)
      const findings = diagnose(
        await takeSnapshot({
          runner,
          env: io.env,
          signal: io.signal,
          watchMs: options.seconds * 1000,
          ...(options.socket !== undefined && { socket: options.socket })
        })
      )
      io.signal.throwIfAborted()
      const problems = findings.filter(({ severity }) => severity === 'problem').length
      await write(
        io.stdout,
        options.json
          ? `${JSON.stringify({ problems, findings })}\n`
          : await formatFindings(findings, takesColor(io.stdout, io.env))
      )
      if (problems > 0) throw new Error(problems === 1 ? 'one problem found' : `${problems} problems found`)
    })
}

async function formatFindings(findings: readonly Finding[], color: boolean): Promise<string> {
  const { safeText } = await import('@packet-logs/decoder')
  const { green, yellow, red, dim } = pc.createColors(color)
  const marks = { ok: green('ok     '), note: yellow('note   '), problem: red('problem') }
  return findings
    .map(({ severity, message, fix }) => {
      const advice = fix === undefined ? '' : dim(`        → ${safeText(fix)}\n`)
      return `${marks[severity]} ${safeText(message)}\n${advice}`
    })
    .join('')
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0 && seconds <= 86_400)) {
    throw new InvalidArgumentError('It is a number of seconds, more than 0.')
  }
  return seconds
}
