import type { BusClient } from '@packet-logs/bus'
import { Command } from 'commander'
import { UsageError } from '../exit-code.js'
import { type Io, write } from '../io.js'
import { readLines } from '../lines.js'
import { type DialectChoice, dialectOption } from './dialect.js'
import { socketOption } from './socket-option.js'

// A character is at most three bytes of UTF-8, six when escaped: well below the client's queue of 16 MiB.
const drainAfterLength = 500_000

interface PublishOptions {
  topic?: string
  publish?: string
  verify?: true
  json?: true
  socket?: string
  dialect: DialectChoice
}

const help = `
Examples:
  packet-logs publish alert:test '{"Title":"It works"}'
  packet-logs publish -t alert:test -p '{"Title":"It works"}'  the same, as sprbus has it
  journalctl -f -o json | packet-logs publish log:journal -    one event per line of standard input`

/** `packet-logs publish TOPIC TEXT`: puts events on the bus; done means that the bus has them. */
export function publishCommand(io: Io): Command {
  return new Command('publish')
    .description('put an event on the bus')
    .usage('[options] <topic> <text>')
    .argument('[topic]', 'topic, such as alert:test')
    .argument('[text]', 'value, usually JSON; - reads standard input, one event per line')
    .option('-t, --topic <topic>', 'the topic')
    .option('-p, --publish <text>', 'the value')
    .option('-v, --verify', 'publish only what is JSON; end with 1 at the first value that is not')
    .option('--json', 'print what was done as JSON')
    .addOption(socketOption('socket of the bus (default: the first one found that answers)'))
    .addOption(dialectOption())
    .addHelpText('after', help)
    .action(async (first: string | undefined, second: string | undefined, options: PublishOptions) => {
      await publish(io, whatToPublish([first, second], options), options)
    })
}

/** Topic and text, each given by its place or by its option. */
function whatToPublish(
  places: readonly (string | undefined)[],
  options: PublishOptions
): { topic: string; text: string } {
  const given = places.filter(place => place !== undefined)
  const topic = options.topic ?? given.shift()
  const text = options.publish ?? given.shift()
  if (topic === undefined) throw new UsageError("missing required argument 'topic'; add --help to see how it is called")
  if (text === undefined) throw new UsageError("missing required argument 'text'; add --help to see how it is called")
  if (given.length > 0) throw new UsageError('topic or text is given twice, by its place and by its option')
  if (topic.startsWith('subscribe:')) {
    throw new UsageError(`a topic cannot begin with subscribe:, as "${topic}" does; choose another first word`)
  }
  if (topic.startsWith('bus:')) {
    throw new UsageError(
      `the topics that begin with bus:, as "${topic}" does, are the bus's own; choose another first word`
    )
  }
  return { topic, text }
}

async function publish(
  io: Io,
  { topic, text }: { topic: string; text: string },
  options: PublishOptions
): Promise<void> {
  const isStream = text === '-'
  if (options.verify && !isStream) verify(text, 'the text')
  const { openBus } = await import('./open-bus.js')
  // A stream outlives a restart of the bus; for a single event, a bus that goes away is the answer.
  await using bus = await openBus(io, options.socket, { reconnect: isStream, dialect: options.dialect })
  const progress = { published: 0 }
  try {
    if (isStream) await publishLines(io, bus, topic, options.verify === true, progress)
    else {
      bus.publishText(topic, text)
      progress.published++
    }
    await drain(bus, io.signal)
  } finally {
    if (options.json) {
      await write(io.stdout, `${JSON.stringify({ topic, ...progress, lost: bus.stats.dropped })}\n`, io.signal)
    }
  }
  if (bus.stats.dropped > 0) throw new Error(`${bus.stats.dropped} events were lost because the bus went away`)
}

/** @throws Error when the text is not JSON */
function verify(text: string, where: string): void {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new Error(`${where} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function publishLines(
  io: Io,
  bus: BusClient,
  topic: string,
  isVerified: boolean,
  progress: { published: number }
): Promise<void> {
  let pending = 0
  let number = 0
  for await (const line of readLines(io.stdin, io.signal)) {
    number++
    if (isVerified) verify(line, `line ${number}`)
    bus.publishText(topic, line)
    progress.published++
    pending += line.length
    // Waiting lets the bus set the pace of a fast input, before the client's queue is full.
    if (pending < drainAfterLength) continue
    await drain(bus, io.signal)
    pending = 0
  }
}

/** Waits for the bus to take what was published; once the command is told to end, only for a moment. */
async function drain(bus: BusClient, signal: AbortSignal): Promise<void> {
  const draining = bus.drain()
  const close = (): void => void bus.close()
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  try {
    await draining
  } finally {
    signal.removeEventListener('abort', close)
  }
}
