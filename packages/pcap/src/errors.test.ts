import { expect, it } from 'vitest'
import { PcapError } from './errors.js'

it('is known across two copies of the package, and nothing else is taken for it', () => {
  const error = new PcapError('PCAP_LIMIT', 'too long', 7, { cause: 'test' })
  expect(error).toBeInstanceOf(PcapError)
  expect(error).toMatchObject({ code: 'PCAP_LIMIT', offset: 7, cause: 'test', message: 'too long' })
  const ofAnotherCopy = Object.assign(new Error('x'), { [Symbol.for('@packet-logs/pcap/PcapError')]: true })
  expect(ofAnotherCopy).toBeInstanceOf(PcapError)
  for (const other of [new Error('x'), null, undefined, 'PcapError']) expect(other instanceof PcapError).toBe(false)
})
