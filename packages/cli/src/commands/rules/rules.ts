import { Command } from 'commander'
import type { Io } from '../../io.js'
import { checkCommand } from './check.js'
import { explainCommand } from './explain.js'
import { migrateCommand } from './migrate.js'
import { testCommand } from './test.js'

const help = `
Files: rules.yaml          conditions in the filter language, thresholds, actions (also as JSON)
       alerts.json         SPR's rules with JSONPath conditions
       notifications.json  SPR's older rules, on packets only
Which of them a file is shows by itself; - is standard input.

Examples:
  packet-logs rules check rules.yaml                        does it load, and is it what you mean?
  packet-logs rules explain notifications.json              in plain words
  packet-logs rules migrate notifications.json > rules.yaml
  packet-logs rules test rules.yaml capture.pcapng          which rule fired when, and why not`

/** `packet-logs rules …`: what rule files say, and what they would do. */
export function rulesCommand(io: Io): Command {
  const command = new Command('rules').description(
    'check, explain, migrate and try rules that tell of packets and events'
  )
  for (const child of [checkCommand, explainCommand, migrateCommand, testCommand]) command.addCommand(child(io))
  return command.addHelpText('after', help)
}
