import type { EventFormat } from './formats/event-format.js'
import { Output, type SinkParts } from './output.js'
import type { OutputConfig } from './output-config.js'
import { dial } from './sinks/dial.js'
import { FifoSink } from './sinks/fifo-sink.js'
import { FileSink } from './sinks/file-sink.js'
import type { Sink } from './sinks/sink.js'
import { createStdoutSink } from './sinks/stdout-sink.js'
import { StreamSink } from './sinks/stream-sink.js'
import { UdpSink } from './sinks/udp-sink.js'
import { UnixDatagramSink } from './sinks/unix-datagram-sink.js'

/** Puts an output together and lets it open. */
export function openOutput(config: OutputConfig, format: EventFormat, log: (text: string) => void): Output {
  return new Output({ config, format, log, createSink: parts => createSink(config, format, parts) })
}

function createSink(config: OutputConfig, format: EventFormat, parts: SinkParts): Sink {
  const preamble = format.preamble()
  switch (config.to) {
    case 'stdout':
      return createStdoutSink({ ...parts, preamble })
    case 'file':
      return new FileSink({
        ...parts,
        ...config,
        preamble,
        mode: Number.parseInt(config.mode, 8),
        maxAgeMs: config.maxAgeSeconds * 1000
      })
    case 'fifo':
      return new FifoSink({
        ...parts,
        ...config,
        preamble,
        mode: Number.parseInt(config.mode, 8),
        lossNotice: lost => format.lossNotice(lost)
      })
    case 'udp':
      return new UdpSink({ ...parts, ...config })
    case 'tcp':
      return tcpSink(config, preamble, parts)
    case 'unix':
      if (config.type === 'datagram') return new UnixDatagramSink({ ...parts, path: config.path })
      return new StreamSink({ ...parts, preamble, connect: signal => dial({ path: config.path }, signal) })
    case 'syslog':
      if (config.transport === 'unix') return new UnixDatagramSink({ ...parts, path: config.path })
      return config.transport === 'udp' ? new UdpSink({ ...parts, ...config }) : tcpSink(config, preamble, parts)
  }
}

function tcpSink(
  { host, port, stallSeconds }: { host: string; port: number; stallSeconds: number },
  preamble: Buffer,
  parts: SinkParts
): Sink {
  const connect = (signal: AbortSignal): ReturnType<typeof dial> => dial({ host, port }, signal)
  return new StreamSink({ ...parts, preamble, connect, stallMs: stallSeconds * 1000 })
}
