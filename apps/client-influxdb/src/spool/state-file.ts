import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { BusPosition } from '@packet-logs/bus'

/** One of two copies, in a block of its own. The other stays as it was while one is written. */
const SLOT_BYTES = 4096

/** What the spool has to know when it is opened again. */
export interface SpoolState {
  /** Segment and offset of the first record that is not delivered. */
  segment: number
  offset: number
  /** Number that the next record gets. */
  nextIndex: number
  /** How far the bus was read when this was written. */
  position?: BusPosition | undefined
}

/** Keeps the state through a crash at any moment: of two copies, the newer intact one counts. */
export class StateFile {
  readonly #file: FileHandle
  #generation: number

  private constructor(file: FileHandle, generation: number) {
    this.#file = file
    this.#generation = generation
  }

  static async open(path: string): Promise<{ file: StateFile; state: SpoolState | undefined }> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const bytes = await file.readFile()
    // Room for both, so that a disk that fills up still takes them.
    if (bytes.length < 2 * SLOT_BYTES)
      await file.write(Buffer.alloc(2 * SLOT_BYTES - bytes.length), 0, undefined, bytes.length)
    const slots = [0, 1].map(slot => parseSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)))
    const newest = slots.filter(slot => slot !== undefined).sort((a, b) => b.generation - a.generation)[0]
    return { file: new StateFile(file, newest?.generation ?? 0), state: newest?.state }
  }

  async save(state: SpoolState): Promise<void> {
    const generation = this.#generation + 1
    const slot = Buffer.alloc(SLOT_BYTES, ' ')
    const text = JSON.stringify({ generation, ...state })
    slot.write(`${checksumOf(text)} ${text}\n`)
    await this.#file.write(slot, 0, slot.length, (generation % 2) * SLOT_BYTES)
    this.#generation = generation
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

function parseSlot(bytes: Buffer): { generation: number; state: SpoolState } | undefined {
  const [, checksum, text] = /^([0-9a-f]{8}) (\{.*\})\n/.exec(bytes.toString('utf8')) ?? []
  if (text === undefined || checksum !== checksumOf(text)) return undefined
  // The checksum says that it was written here.
  const { generation, ...state } = JSON.parse(text) as SpoolState & { generation: number }
  return { generation, state }
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
