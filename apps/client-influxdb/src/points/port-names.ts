import portNames from './port-names.json' with { type: 'json' }

// IANA's registry of 2017-10-23, which is what gopacket 1.1.19 prints ports with; a newer one would change field values.
const common = parse(portNames.both)
const ofTcp = parse(portNames.tcp)
const ofUdp = parse(portNames.udp)

function parse(list: string): ReadonlyMap<number, string> {
  return new Map(
    list.split(',').map(entry => {
      const colon = entry.indexOf(':')
      return [Number(entry.slice(0, colon)), entry.slice(colon + 1)]
    })
  )
}

/** A port as gopacket prints it, and so SPR's exporter: `443(https)`, or the number alone. */
export function namedPort(port: number, protocol: 'tcp' | 'udp'): string {
  const name = common.get(port) ?? (protocol === 'tcp' ? ofTcp : ofUdp).get(port)
  return name === undefined ? String(port) : `${port}(${name})`
}
