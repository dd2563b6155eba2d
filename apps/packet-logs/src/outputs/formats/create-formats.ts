import type { EventsConfig } from '../../config/events.js'
import { nameOf, type OutputConfig, type TextFormat } from '../output-config.js'
import { SyslogHeader } from '../syslog/message.js'
import { CaptureEventFormat } from './capture-format.js'
import { type EventFormat, type Framing, TextEventFormat } from './event-format.js'
import { PacketText } from './packet-text.js'

/** Makes the formats of outputs; those that write the same text share the work on each packet. */
export function createFormats(events: EventsConfig): (config: OutputConfig) => EventFormat {
  const texts = new Map<string, PacketText>()
  return config => {
    const { format } = config
    if (format !== 'pcap' && format !== 'pcapng') return textFormat(config, format)
    const { linkType, snaplen } = config
    return new CaptureEventFormat({ format, linkType, snaplen })
  }

  function textFormat(config: OutputConfig, format: TextFormat): EventFormat {
    const { payload = events.payload, device } = config
    const key = JSON.stringify([format, format === 'spr' && payload, format === 'ulogd' && device])
    let packetText = texts.get(key)
    if (packetText === undefined) {
      packetText = new PacketText({ format, events: { ...events, payload }, device })
      texts.set(key, packetText)
    }
    const framing = framingOf(config)
    return new TextEventFormat({
      format,
      packetText,
      framing,
      output: nameOf(config),
      ...(framing === 'datagrams' && 'maxDatagramBytes' in config && { maxBytes: config.maxDatagramBytes }),
      ...(config.to === 'syslog' && { header: new SyslogHeader({ ...config, isLocal: config.transport === 'unix' }) })
    })
  }
}

function framingOf(config: OutputConfig): Framing {
  switch (config.to) {
    case 'stdout':
    case 'file':
    case 'fifo':
    case 'tcp':
      return 'lines'
    case 'udp':
      return 'datagrams'
    case 'unix':
      return config.type === 'stream' ? 'lines' : 'datagrams'
    case 'syslog':
      return config.transport === 'tcp' ? 'octet-counts' : 'datagrams'
  }
}
