import { ByteReader } from './bytes/reader.js'
import type { DecodeError } from './errors.js'
import type { FoundLayers } from './packet.js'
import type { Protocol, Registry } from './registry.js'

const NO_BYTES = new ByteReader()

/**
 * One decoded protocol header: a range of the packet and getters that read it. Nothing is copied; a layer lives as
 * long as the packet's bytes do.
 */
export abstract class Layer {
  /** The protocol's name, as in {@link DecodeError.layer}. */
  abstract readonly name: string
  /** Offset of the header's first byte in the packet's payload. */
  start = 0
  /** Offset behind the header: what lies between this and {@link end} is the layer's payload. */
  headerEnd = 0
  /** Offset behind the layer's last byte. */
  end = 0
  /** True once the fixed header is whole: such a layer stays in the packet even when the rest of it is malformed. */
  usable = false
  protected bytes: ByteReader = NO_BYTES

  /** Reads `[start, end)`. Called by the packet, once per packet. */
  read(bytes: ByteReader, start: number, end: number): DecodeError | undefined {
    this.bytes = bytes
    this.start = start
    this.headerEnd = start
    this.end = end
    this.usable = false
    return this.decode()
  }

  /** Checks everything the getters will read, sets {@link usable}, {@link headerEnd} and {@link end}. */
  protected abstract decode(): DecodeError | undefined

  /** The protocol of this layer's payload, if the registry knows one. */
  next?(registry: Registry): Protocol | undefined

  /** Announces the layer under its typed accessor. */
  announce?(found: FoundLayers): void

  /** Header bytes, as a view. */
  get contents(): Uint8Array {
    return this.bytes.view(this.start, this.headerEnd)
  }

  /** Bytes behind the header, as a view. */
  get payload(): Uint8Array {
    return this.bytes.view(this.headerEnd, this.end)
  }
}
