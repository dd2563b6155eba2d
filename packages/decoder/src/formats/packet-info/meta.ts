import { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'
import type { DecodeError } from '../../errors.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { quoteGo } from './go-json.js'
import { META_KEY, NAMES } from './names.js'
import type { TextCache } from './text-cache.js'

const OPEN = 0x7b
const CLOSE = 0x7d
const KERNEL = new Fragment('"kernel"')
const RECEIVE = new Fragment('"receive"')

/** What the kernel told beside the packet, as far as it did. */
export function writeMeta(out: JsonWriter, devices: TextCache, logged: LoggedPacket): void {
  const start = out.at
  out.fragment(META_KEY)
  const fields = out.at
  const { meta } = NAMES
  writeNumber(out, meta.seq, logged.seq)
  writeNumber(out, meta.seqGlobal, logged.seqGlobal)
  writeNumber(out, meta.hook, logged.hook)
  writeNumber(out, meta.mark, logged.mark)
  writeNumber(out, meta.uid, logged.uid)
  writeNumber(out, meta.gid, logged.gid)
  writeNumber(out, meta.family, logged.family)
  writeNumber(out, meta.etherType, logged.etherType)
  writeNumber(out, meta.inIndex, logged.inIndex)
  writeNumber(out, meta.outIndex, logged.outIndex)
  writeNumber(out, meta.physInIndex, logged.physInIndex)
  writeNumber(out, meta.physOutIndex, logged.physOutIndex)
  writeNumber(out, meta.originalLength, logged.originalLength)
  writeText(out, meta.physInDevice, devices, logged.physInDevice)
  writeText(out, meta.physOutDevice, devices, logged.physOutDevice)
  const { timestampSource, vlan } = logged
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
  if (out.at === fields) {
    out.at = start
    return
  }
  out.patch(fields, OPEN)
  out.byte(CLOSE)
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

function writeNumber(out: JsonWriter, key: Fragment, value: number | undefined): void {
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) return
  out.fragment(key)
  out.uint(value)
}

function writeText(out: JsonWriter, key: Fragment, texts: TextCache, value: string | undefined): void {
  if (value === undefined) return
  out.fragment(key)
  out.fragment(texts.get(value))
}
