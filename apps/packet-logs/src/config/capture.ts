import { z } from 'zod'
import { field } from './field.js'

/** How packets are taken from the kernel; ranges and defaults are those of `openNflog`. */
export interface CaptureConfig {
  copyBytes?: number | undefined
  queueThreshold?: number | undefined
  flushMs?: number | undefined
  receiveBufferBytes?: number | undefined
  receiveBufferMaxBytes?: number | undefined
  conntrack?: boolean | undefined
}

/** As `openNflog` takes it. */
export const captureSchema: z.ZodType<CaptureConfig, CaptureConfig | undefined> = field(
  z
    .strictObject({
      copyBytes: field(
        z.int().min(0).max(65531).optional(),
        'How much of each packet the kernel hands over; 0: metadata only.',
        { unit: 'bytes', otherwise: '65531' }
      ),
      queueThreshold: field(
        z.int().min(1).max(0xffff_ffff).optional(),
        'The kernel wakes the daemon at the latest after so many packets …',
        { unit: 'packets', otherwise: '256' }
      ),
      flushMs: field(z.int().min(0).max(3_600_000).optional(), '… or after so long, in steps of 10.', {
        unit: 'ms',
        otherwise: "0: the kernel's next timer tick"
      }),
      receiveBufferBytes: field(
        z.int().min(4096).max(0x3fff_ffff).optional(),
        'The queue between kernel and daemon; forced as root.',
        { unit: 'bytes', otherwise: '32 MiB' }
      ),
      receiveBufferMaxBytes: field(
        z.int().min(4096).max(0x3fff_ffff).optional(),
        'How far that queue may grow by itself when it fills up.',
        { unit: 'bytes', otherwise: '64 MiB' }
      ),
      conntrack: field(
        z.boolean().optional(),
        'Tell the connection of each packet, where the kernel can (`Meta.Conntrack`).',
        { otherwise: '`false`' }
      )
    })
    .refine(
      ({ receiveBufferBytes = 0, receiveBufferMaxBytes = Number.POSITIVE_INFINITY }) =>
        receiveBufferBytes <= receiveBufferMaxBytes,
      { error: 'is less than receiveBufferBytes', path: ['receiveBufferMaxBytes'] }
    )
    .prefault({}),
  'How packets are taken from the kernel.'
)
