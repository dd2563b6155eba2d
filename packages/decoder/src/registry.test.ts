import { describe, expect, it } from 'vitest'
import { hex, ipv4, udp } from '../test/build.js'
import type { DecodeError } from './errors.js'
import { truncated } from './errors.js'
import { Layer } from './layer.js'
import { ReusablePacket } from './packet.js'
import { NOT_DECODED, Registry } from './registry.js'
import { extendedRegistry } from './tables/registries.js'

/** A protocol nobody here has heard of: one byte of version, the rest is text. */
class Greeting extends Layer {
  readonly name: string = 'Greeting'

  protected decode(): DecodeError | undefined {
    if (this.end - this.start < 1) return truncated(this.name, this.start, 'no version')
    this.usable = true
    this.headerEnd = this.start + 1
    return undefined
  }

  get version(): number {
    return this.bytes.u8(this.start)
  }
}

const greeting = { name: 'Greeting', create: () => new Greeting() }

describe('Registry', () => {
  it('takes a protocol from outside', () => {
    const packet = new ReusablePacket(extendedRegistry().udpPort(9999, greeting))
    packet.reset(ipv4(udp(hex('07 6869'))))
    expect(packet.layers.map(layer => layer.name)).toEqual(['IPv4', 'UDP', 'Greeting'])
    const layer = packet.layers[2]
    expect(layer instanceof Greeting && layer.version).toBe(7)
    expect(layer?.payload).toEqual(hex('6869'))
  })

  it('keeps one registry out of another', () => {
    extendedRegistry().udpPort(9999, greeting)
    const packet = new ReusablePacket(extendedRegistry())
    packet.reset(ipv4(udp(hex('07'))))
    expect(packet.layers.length).toBe(2)
  })

  it('asks for the source port only where the destination is unknown', () => {
    const registry = new Registry().udpPort(7, greeting).udpPort(8, NOT_DECODED)
    expect(registry.afterUdp(7, 9)).toBe(greeting)
    expect(registry.afterUdp(9, 7)).toBe(greeting)
    expect(registry.afterUdp(7, 8)).toBeUndefined()
    expect(registry.afterTcp(7, 7)).toBeUndefined()
  })
})
