import { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'
import { ByteReader } from '../../bytes/reader.js'
import { CommunityIdHasher } from '../../correlation/community-id.js'
import { hookDirection, namedDirection } from '../../correlation/direction.js'
import { parseRule } from '../../correlation/rule.js'
import type { DecodeError } from '../../errors.js'
import { SHA1_BYTES } from '../../hash/sha1.js'
import type { Conntrack, ConntrackTuple, LoggedPacket } from '../../logged-packet.js'
import type { FoundLayers } from '../../packet.js'
import { quoteGo } from './go-json.js'
import { META_KEY, NAMES } from './names.js'
import type { ResolvedOptions } from './options.js'
import { TextCache } from './text-cache.js'

const OPEN = 0x7b
const CLOSE = 0x7d
const KERNEL = new Fragment('"kernel"')
const COMMUNITY_ID_VERSION = new Fragment('1:')
const RECEIVE = new Fragment('"receive"')
/** More than the kernel gives of a hardware address, of a link-layer header and of an address as text. */
const MAX_HW_ADDRESS_BYTES = 32
const MAX_L2_HEADER_BYTES = 128
const MAX_ADDRESS_CHARACTERS = 64

/** Writes what is known beside the packet's bytes: what the kernel told, and what follows from it. */
export class MetaWriter {
  readonly #out: JsonWriter
  readonly #bytes = new ByteReader()
  readonly #devices = new TextCache(quoteGo)
  readonly #ruleNames = new TextCache(prefix => {
    const rule = parseRule(prefix)
    return rule === undefined ? '' : quoteGo(rule.name)
  })
  readonly #ruleIds = new TextCache(prefix => quoteGo(parseRule(prefix)?.id ?? ''))
  readonly #namedDirections = new TextCache(prefix => directionText(namedDirection(prefix)))
  readonly #hookDirections = new TextCache(direction => `"${direction}"`)
  #hasher: CommunityIdHasher | undefined
  #seed = 0

  constructor(out: JsonWriter) {
    this.#out = out
  }

  write(logged: LoggedPacket, found: Readonly<FoundLayers>, options: ResolvedOptions): void {
    const out = this.#out
    const start = out.at
    out.fragment(META_KEY)
    const fields = out.at
    const { meta } = NAMES
    this.#number(meta.group, logged.group)
    this.#number(meta.seq, logged.seq)
    this.#number(meta.seqGlobal, logged.seqGlobal)
    this.#number(meta.hook, logged.hook)
    this.#number(meta.mark, logged.mark)
    this.#number(meta.uid, logged.uid)
    this.#number(meta.gid, logged.gid)
    this.#number(meta.family, logged.family)
    this.#number(meta.etherType, logged.etherType)
    this.#number(meta.inIndex, logged.inIndex)
    this.#number(meta.outIndex, logged.outIndex)
    this.#number(meta.physInIndex, logged.physInIndex)
    this.#number(meta.physOutIndex, logged.physOutIndex)
    this.#number(meta.originalLength, logged.originalLength)
    this.#device(meta.physInDevice, logged.physInDevice)
    this.#device(meta.physOutDevice, logged.physOutDevice)
    const { timestampSource, vlan, hwAddress, l2Header, conntrack } = logged
    if (timestampSource !== undefined) {
      out.fragment(meta.timestampSource)
      out.fragment(timestampSource === 'kernel' ? KERNEL : RECEIVE)
    }
    if (vlan !== undefined) {
      out.fragment(meta.vlan)
      out.fragment(NAMES.vlan.protocol)
      out.uint(vlan.protocol & 0xffff)
      out.fragment(NAMES.vlan.tci)
      out.uint(vlan.tci & 0xffff)
      out.byte(CLOSE)
    }
    if (hwAddress !== undefined && hwAddress.length > 0) this.#hwAddress(hwAddress)
    if (l2Header !== undefined && l2Header.length > 0 && options.keep >= 0) {
      out.fragment(meta.l2Header)
      this.#bytes.reset(l2Header)
      out.base64(this.#bytes, 0, Math.min(l2Header.length, MAX_L2_HEADER_BYTES))
    }
    this.#direction(logged)
    this.#rule(logged.prefix)
    if (options.communityIdSeed !== undefined) this.#communityId(found, options.communityIdSeed)
    if (conntrack !== undefined) this.#conntrack(conntrack)
    this.#close(start, fields)
  }

  /** Ends an object whose fields, each with a comma in front, start at `fields`; without any it is as if never begun. */
  #close(start: number, fields: number): void {
    const out = this.#out
    if (out.at === fields) {
      out.at = start
      return
    }
    out.patch(fields, OPEN)
    out.byte(CLOSE)
  }

  #number(key: Fragment, value: number | undefined): void {
    if (value === undefined || !Number.isSafeInteger(value) || value < 0) return
    this.#out.fragment(key)
    this.#out.uint(value)
  }

  #device(key: Fragment, value: string | undefined): void {
    if (value === undefined) return
    this.#out.fragment(key)
    this.#out.fragment(this.#devices.get(value))
  }

  #hwAddress(address: Uint8Array): void {
    const out = this.#out
    out.fragment(NAMES.meta.hwAddress)
    out.quote()
    this.#bytes.reset(address)
    out.mac(this.#bytes, 0, Math.min(address.length, MAX_HW_ADDRESS_BYTES))
    out.quote()
  }

  #direction(logged: LoggedPacket): void {
    const named = this.#namedDirections.get(logged.prefix)
    const direction = named.length > 0 ? undefined : hookDirection(logged)
    if (named.length === 0 && direction === undefined) return
    this.#out.fragment(NAMES.meta.direction)
    this.#out.fragment(direction === undefined ? named : this.#hookDirections.get(direction))
  }

  #rule(prefix: string): void {
    const out = this.#out
    const name = this.#ruleNames.get(prefix)
    if (name.length === 0) return
    out.fragment(NAMES.meta.rule)
    out.fragment(NAMES.rule.name)
    out.fragment(name)
    out.fragment(NAMES.rule.id)
    out.fragment(this.#ruleIds.get(prefix))
    out.byte(CLOSE)
  }

  #communityId(found: Readonly<FoundLayers>, seed: number): void {
    if (this.#hasher === undefined || this.#seed !== seed) this.#hasher = new CommunityIdHasher(seed)
    this.#seed = seed
    const at = this.#hasher.hash(found)
    if (at < 0) return
    const out = this.#out
    out.fragment(NAMES.meta.communityId)
    this.#bytes.reset(this.#hasher.digests)
    out.quote()
    out.fragment(COMMUNITY_ID_VERSION)
    out.base64Digits(this.#bytes, at, at + SHA1_BYTES)
    out.quote()
  }

  #conntrack(conntrack: Conntrack): void {
    const out = this.#out
    const names = NAMES.conntrack
    const start = out.at
    out.fragment(NAMES.meta.conntrack)
    const fields = out.at
    this.#tuple(names.original, conntrack.original)
    this.#tuple(names.reply, conntrack.reply)
    this.#number(names.info, conntrack.info)
    this.#number(names.status, conntrack.status)
    this.#number(names.mark, conntrack.mark)
    this.#number(names.id, conntrack.id)
    this.#number(names.zone, conntrack.zone)
    this.#number(names.timeout, conntrack.timeoutSeconds)
    this.#close(start, fields)
  }

  #tuple(key: Fragment, tuple: ConntrackTuple | undefined): void {
    if (tuple === undefined) return
    const out = this.#out
    const names = NAMES.conntrackTuple
    const start = out.at
    out.fragment(key)
    const fields = out.at
    this.#address(names.source, tuple.source)
    this.#address(names.destination, tuple.destination)
    this.#number(names.protocol, tuple.protocol)
    this.#number(names.sourcePort, tuple.sourcePort)
    this.#number(names.destinationPort, tuple.destinationPort)
    this.#number(names.icmpType, tuple.icmpType)
    this.#number(names.icmpCode, tuple.icmpCode)
    this.#number(names.icmpId, tuple.icmpId)
    this.#number(names.zone, tuple.zone)
    this.#close(start, fields)
  }

  #address(key: Fragment, address: string | undefined): void {
    if (address === undefined) return
    const text = address.slice(0, MAX_ADDRESS_CHARACTERS)
    this.#out.fragment(key)
    if (!this.#out.plainText(text)) this.#out.fragment(new Fragment(quoteGo(text)))
  }
}

function directionText(direction: string | undefined): string {
  return direction === undefined ? '' : `"${direction}"`
}

export function writeDecodeError(out: JsonWriter, error: DecodeError): void {
  const { layer, offset, reason } = NAMES.decodeError
  out.fragment(layer)
  out.fragment(new Fragment(quoteGo(error.layer)))
  out.fragment(offset)
  out.uint(error.offset)
  out.fragment(reason)
  out.fragment(new Fragment(quoteGo(error.reason)))
  out.byte(CLOSE)
}
