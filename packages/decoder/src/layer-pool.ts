import type { Layer } from './layer.js'
import { Ipv4 } from './protocols/ipv4.js'
import { Ipv6 } from './protocols/ipv6.js'
import { Tcp } from './protocols/tcp.js'
import { Udp } from './protocols/udp.js'
import type { Protocol } from './registry.js'

/** Layer objects that are used for one packet after another, so that a hot path allocates nothing. */
export class LayerPool {
  readonly ipv4: Ipv4
  readonly ipv6: Ipv6 = new Ipv6()
  readonly tcp: Tcp = new Tcp()
  readonly udp: Udp = new Udp()
  /** One for each other protocol met so far: arrays, since a packet meets few and a map costs more. */
  readonly #layers: Layer[] = []
  readonly #protocols: Protocol[] = []

  constructor(asSpr: boolean) {
    this.ipv4 = new Ipv4(asSpr)
  }

  /** A protocol nested in itself needs another object, which is not kept. */
  take(protocol: Protocol, taken: readonly Layer[]): Layer {
    const pooled = this.#layers[this.#protocols.indexOf(protocol)]
    if (pooled !== undefined && !taken.includes(pooled)) return pooled
    const layer = protocol.create()
    if (pooled === undefined) {
      this.#layers.push(layer)
      this.#protocols.push(protocol)
    }
    return layer
  }
}
