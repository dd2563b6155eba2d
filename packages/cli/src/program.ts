import { Command } from 'commander'
import { busCommand } from './commands/bus.js'
import { decodeCommand } from './commands/decode.js'
import { doctorCommand } from './commands/doctor.js'
import { nftCommand } from './commands/nft/nft.js'
import { publishCommand } from './commands/publish.js'
import { replayCommand } from './commands/replay.js'
import { rulesCommand } from './commands/rules/rules.js'
import { subscribeCommand } from './commands/subscribe.js'
import { topCommand } from './commands/top.js'
import { versionCommand } from './commands/version.js'
import { type Io, takesColor } from './io.js'
import { readVersion } from './version.js'

const examples = `
Examples:
  packet-logs nft install --profile basic --uplink eth0   install rules that log packets
  packet-logs subscribe nft:                              watch every logged packet
  packet-logs subscribe -j nft:wan:out | jq .Value.IP     one JSON object per line
  packet-logs nft remove                                  take the rules out again
  packet-logs rules test rules.yaml capture.pcapng        which rule fires when, and why not
  packet-logs doctor                                      why do I see nothing?

Exit codes: 0 done, 1 failed, 2 called the wrong way.`

const commands = [
  subscribeCommand,
  publishCommand,
  topCommand,
  replayCommand,
  decodeCommand,
  busCommand,
  nftCommand,
  rulesCommand,
  doctorCommand,
  versionCommand
]

/** The command line: what exists and how it is called. What a command does is loaded when it runs. */
export function createProgram(io: Io): Command {
  const program = new Command('packet-logs')
    .description('Watch and steer the packets a Linux firewall logs.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', examples)
    .showHelpAfterError('(add --help to see how it is called)')
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stdout.columns ?? 100,
      getOutHasColors: () => takesColor(io.stdout, io.env),
      getErrHasColors: () => takesColor(io.stderr, io.env)
    })
  // Settings above are inherited only by commands that are made after them.
  for (const command of commands) {
    program.addCommand(inherit(program, command(io)))
  }
  return program
}

function inherit(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(command, child)
  return command
}
