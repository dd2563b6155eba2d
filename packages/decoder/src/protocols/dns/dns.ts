import type { DecodeError } from '../../errors.js'
import { malformed, truncated } from '../../errors.js'
import { Layer } from '../../layer.js'
import type { FoundLayers } from '../../packet.js'
import type { Protocol } from '../../registry.js'
import type { DnsDetails } from './details.js'
import type { DnsQuestion, DnsRecord } from './message.js'
import { MessageRecord } from './message.js'
import type { NameRange } from './names.js'
import { NameBuffer } from './names.js'
import { RecordType } from './record-types.js'
import { RecordSlot } from './records.js'
import { nameText } from './texts.js'

const NAME = 'DNS'
export const HEADER_BYTES = 12

/** RFC 1035, with EDNS (RFC 6891). A message whose question section is whole stays, with the records read so far. */
export class Dns extends Layer {
  readonly name: string = NAME
  readonly names: NameBuffer = new NameBuffer()
  /** The question and record slots in use come first, in the order of the message. */
  readonly slots: RecordSlot[] = []
  questionCount = 0
  answerCount = 0
  authorityCount = 0
  additionalCount = 0
  /** Header code with the upper bits of EDNS. */
  responseCode = 0
  /** The name asked for, once it was. */
  #firstName: string | undefined

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    if (end - start < HEADER_BYTES) {
      return truncated(NAME, start, `${end - start} bytes are too few for a header of 12`)
    }
    this.headerEnd = end
    this.#firstName = undefined
    this.questionCount = 0
    this.answerCount = 0
    this.authorityCount = 0
    this.additionalCount = 0
    this.responseCode = bytes.u8(start + 3) & 0x0f
    const { names } = this
    names.reset(bytes, start, end)
    names.next = start + HEADER_BYTES

    let used = 0
    for (let left = bytes.u16(start + 4); left > 0; left--) {
      const error = this.#slot(used).readQuestion(bytes, names, names.next, end)
      if (error !== undefined) return error
      this.questionCount = ++used
    }
    this.usable = true

    let badAddress: DecodeError | undefined
    for (let section = 1; section <= 3; section++) {
      for (let left = bytes.u16(start + 4 + section * 2); left > 0; left--) {
        const slot = this.#slot(used)
        const error = slot.readRecord(bytes, names, names.next, end)
        if (error !== undefined) return error
        used++
        if (section === 1) this.answerCount++
        else if (section === 2) this.authorityCount++
        else {
          this.additionalCount++
          // RFC 6891 section 6.1.3, in eight bits as SPR's decoder keeps it.
          if (slot.type === RecordType.OPT) this.responseCode |= (slot.ttl >>> 20) & 0xf0
        }
        if (slot.isBadAddress) {
          badAddress ??= malformed(NAME, slot.dataStart, `an address record holds ${slot.dataLength} bytes`)
        }
      }
    }
    return badAddress
  }

  #slot(index: number): RecordSlot {
    const pooled = this.slots[index]
    if (pooled !== undefined) return pooled
    const slot = new RecordSlot()
    this.slots.push(slot)
    return slot
  }

  override announce(found: FoundLayers): void {
    found.dns = this
  }

  get id(): number {
    return this.bytes.u16(this.start)
  }

  get isResponse(): boolean {
    return (this.bytes.u8(this.start + 2) & 0x80) !== 0
  }

  get opCode(): number {
    return (this.bytes.u8(this.start + 2) >> 3) & 0x0f
  }

  get authoritative(): boolean {
    return (this.bytes.u8(this.start + 2) & 0x04) !== 0
  }

  get truncated(): boolean {
    return (this.bytes.u8(this.start + 2) & 0x02) !== 0
  }

  get recursionDesired(): boolean {
    return (this.bytes.u8(this.start + 2) & 0x01) !== 0
  }

  get recursionAvailable(): boolean {
    return (this.bytes.u8(this.start + 3) & 0x80) !== 0
  }

  /** The three bits RFC 1035 reserves; AD and CD since. */
  get z(): number {
    return (this.bytes.u8(this.start + 3) >> 4) & 0x07
  }

  /** How many questions (0), answers (1), authorities (2) or additionals (3) the header announces. */
  announced(section: 0 | 1 | 2 | 3): number {
    return this.bytes.u16(this.start + 4 + section * 2)
  }

  get questions(): readonly DnsQuestion[] {
    const questions: DnsQuestion[] = []
    for (let index = 0; index < this.questionCount; index++) {
      const slot = this.slots[index]
      if (slot === undefined) break
      const name = index === 0 ? this.#firstNameText() : nameText(this.names, slot.name)
      questions.push({ name, type: slot.type, class: slot.class })
    }
    return questions
  }

  get answers(): readonly DnsRecord[] {
    return this.#records(this.questionCount, this.answerCount)
  }

  get authorities(): readonly DnsRecord[] {
    return this.#records(this.questionCount + this.answerCount, this.authorityCount)
  }

  get additionals(): readonly DnsRecord[] {
    return this.#records(this.questionCount + this.answerCount + this.authorityCount, this.additionalCount)
  }

  /** How many of {@link slots} are in use. */
  get slotCount(): number {
    return this.questionCount + this.answerCount + this.authorityCount + this.additionalCount
  }

  /** What the data of a record means; only where more is read than SPR's decoder reads. */
  detailsOf?(slot: RecordSlot): DnsDetails | undefined

  #records(from: number, count: number): DnsRecord[] {
    const { bytes, names, slots } = this
    const records: DnsRecord[] = []
    const first = slots[0]?.name
    // Most records are of the name asked for, or of the one before.
    let known: NameRange | undefined
    let name = ''
    for (let index = from; index < from + count; index++) {
      const slot = slots[index]
      if (slot === undefined) break
      if (known === undefined || !names.areEqual(known, slot.name)) {
        known = slot.name
        name = first !== undefined && names.areEqual(first, known) ? this.#firstNameText() : nameText(names, known)
      }
      records.push(new MessageRecord(bytes, this, slot, name))
    }
    return records
  }

  #firstNameText(): string {
    const slot = this.slots[0]
    this.#firstName ??= slot === undefined ? '' : nameText(this.names, slot.name)
    return this.#firstName
  }
}

export const dns: Protocol = { name: NAME, create: () => new Dns() }
