import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { fieldKeys, ITEM, jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol, Registry } from '../registry.js'

export const ETHER_TYPE_VLAN = 0x8100
const ETHER_TYPE_SERVICE_VLAN = 0x88a8
/** What came before IEEE 802.1ad. */
const ETHER_TYPE_OLD_SERVICE_VLAN = 0x9100

const NAME = 'VLAN'
const TAG_BYTES = 4
const VLAN = jsonNames(NAME, { id: 'Id', tags: 'Tags' })
const TAG = fieldKeys({ id: 'Id', priority: 'Priority', dropEligible: 'DropEligible', etherType: 'EtherType' })

/** One IEEE 802.1Q tag. */
export interface VlanTag {
  readonly id: number
  /** 0 to 7. */
  readonly priority: number
  readonly dropEligible: boolean
  /** What follows the tag. */
  readonly etherType: number
}

/** In JSON as `VLAN`. */
export interface VlanInfo {
  Id: number
  Tags: { Id: number; Priority: number; DropEligible: boolean; EtherType: number }[]
}

/** IEEE 802.1Q: all tags in a row, so that QinQ is one layer with two. */
export class Vlan extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = VLAN

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    let at = start
    do {
      if (end - at < TAG_BYTES) return truncated(NAME, at, `${end - at} bytes are too few for a tag of 4`)
      at += TAG_BYTES
      this.usable = true
      this.headerEnd = at
    } while (isTag(bytes.u16(at - 2)))
    return undefined
  }

  override next(registry: Registry): Protocol | undefined {
    return registry.afterEtherType(this.etherType)
  }

  /** The number of the innermost VLAN. */
  get id(): number {
    return this.bytes.u16(this.headerEnd - TAG_BYTES) & 0xfff
  }

  /** What follows the last tag. */
  get etherType(): number {
    return this.bytes.u16(this.headerEnd - 2)
  }

  /** Outermost first. */
  get tags(): readonly VlanTag[] {
    const { bytes } = this
    const tags: VlanTag[] = []
    for (let at = this.start; at < this.headerEnd; at += TAG_BYTES) {
      const tci = bytes.u16(at)
      tags.push({
        id: tci & 0xfff,
        priority: tci >> 13,
        dropEligible: (tci & 0x1000) !== 0,
        etherType: bytes.u16(at + 2)
      })
    }
    return tags
  }

  override writeFields(out: FieldWriter): void {
    out.uint(VLAN.fields.id, this.id)
    out.beginList(VLAN.fields.tags)
    for (const { id, priority, dropEligible, etherType } of this.tags) {
      out.beginObject(ITEM)
      out.uint(TAG.id, id)
      out.uint(TAG.priority, priority)
      out.boolean(TAG.dropEligible, dropEligible)
      out.uint(TAG.etherType, etherType)
      out.endObject()
    }
    out.endList()
  }
}

function isTag(etherType: number): boolean {
  return (
    etherType === ETHER_TYPE_VLAN || etherType === ETHER_TYPE_SERVICE_VLAN || etherType === ETHER_TYPE_OLD_SERVICE_VLAN
  )
}

export const vlan: Protocol = {
  name: NAME,
  create: () => new Vlan(),
  etherTypes: [ETHER_TYPE_VLAN, ETHER_TYPE_SERVICE_VLAN, ETHER_TYPE_OLD_SERVICE_VLAN],
  leadsToIp: true
}
