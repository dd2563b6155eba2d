import { ByteReader } from './bytes/reader.js'
import type { DecodeError } from './errors.js'
import type { FieldWriter } from './formats/field-writer.js'
import type { JsonNames } from './formats/json-names.js'
import type { FoundLayers } from './packet.js'
import type { Protocol, Registry } from './registry.js'

const NO_BYTES = new ByteReader()

/** Why bytes are not read: they are a later piece of a packet, or encrypted. */
export type Unread = 'fragment' | 'encrypted'

/** A class of layers, as a key: `packet.get(Tcp)`. */
export type LayerKind<T extends Layer> = abstract new (...parameters: never[]) => T

/**
 * One decoded protocol header: a range of the packet and getters that read it. Nothing is copied; a layer lives as
 * long as the packet's bytes do.
 *
 * A protocol of your own is a subclass: `decode` checks what the getters will read, `json` and `writeFields` put it
 * into events.
 */
export abstract class Layer {
  /** The protocol's name, as in {@link DecodeError.layer}. */
  abstract readonly name: string
  /** Offset of the header's first byte in the packet's payload. */
  declare start: number
  /** Offset behind the header: what lies between this and {@link end} is the layer's payload. */
  declare headerEnd: number
  /** Offset behind the layer's last byte. */
  declare end: number
  /** True for a layer of the link header: its offsets are in that, not in the payload. */
  declare isLink: boolean
  /**
   * True when what follows is not reached by SPR's decoder, which stops at tunnels and fragments: it is written under
   * `Inner`, so that SPR's keys stay what SPR makes of the packet.
   */
  declare opensInner: boolean
  /** True once the fixed header is whole: such a layer stays in the packet even when the rest of it is malformed. */
  declare usable: boolean
  /** What the offsets count in. */
  declare bytes: ByteReader
  /** The layer's names in extended JSON; without them it is not in it. */
  declare readonly json?: JsonNames

  /** Reads `[start, end)`. Called by the packet, once per packet. */
  read(bytes: ByteReader, start: number, end: number): DecodeError | undefined {
    this.bytes = bytes
    this.start = start
    this.headerEnd = start
    this.end = end
    this.usable = false
    this.opensInner = false
    return this.decode()
  }

  /** Checks everything the getters will read, sets {@link usable}, {@link headerEnd} and {@link end}. */
  protected abstract decode(): DecodeError | undefined

  /** The protocol of this layer's payload, if the registry knows one. */
  next?(registry: Registry): Protocol | undefined

  /** Why the payload is not read although the protocol is known. */
  get unread(): Unread | undefined {
    return undefined
  }

  /** Gives the layer what it needs to decode packets of its own, such as those that errors quote. */
  attach?(registry: Registry): void

  /** Announces the layer under its typed accessor. */
  announce?(found: FoundLayers): void

  /** Writes the layer's fields, when it has {@link json} names. */
  writeFields?(out: FieldWriter): void

  /** Writes the whole layer as a field of the object that is open. */
  writeJson(out: FieldWriter): void {
    if (this.json === undefined) return
    out.readFrom(this.bytes)
    out.beginObject(this.json.key)
    this.writeFields?.(out)
    out.endObject()
  }

  /** Header bytes, as a view. */
  get contents(): Uint8Array {
    return this.bytes.view(this.start, this.headerEnd)
  }

  /** Bytes behind the header, as a view. */
  get payload(): Uint8Array {
    return this.bytes.view(this.headerEnd, this.end)
  }
}

// What a layer says before it is read. On the prototype and not fields: those of a base class are defined slowly once an
// engine has met a few subclasses, and every packet makes a few layers.
Object.assign(Layer.prototype, {
  start: 0,
  headerEnd: 0,
  end: 0,
  isLink: false,
  opensInner: false,
  usable: false,
  bytes: NO_BYTES
})
