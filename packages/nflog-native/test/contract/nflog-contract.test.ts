import { describeWithKernel } from '@packet-logs/lab/testing'
import { describe } from 'vitest'
import { openNflog } from '../../src/index.js'
import { createFakeNflog } from '../../src/testing/index.js'
import { chain, logRules, sendUdp } from '../integration/kernel.js'
import { type ContractKernel, contractGroups, nflogContract } from './nflog-contract.js'
import { udpDatagram } from './udp-datagram.js'

describe('the fake', () => {
  nflogContract(() => {
    const fake = createFakeNflog()
    const log = async (group: number, ...texts: readonly string[]): Promise<void> => {
      fake.log(
        ...texts.map(text => ({
          group,
          prefix: 'contract ',
          payload: udpDatagram(group, text),
          timestampUs: Date.now() * 1000,
          inDevice: 'lo',
          hwType: 772,
          hwHeader: new Uint8Array(14),
          hwAddress: new Uint8Array(6)
        }))
      )
    }
    return { openNflog: fake.openNflog, log, [Symbol.dispose]: () => undefined }
  })
})

describeWithKernel('the kernel', () => {
  nflogContract((): ContractKernel => {
    // A group's port has the group's number.
    const rules = contractGroups.map(group => `udp dport ${group} log prefix "contract " group ${group}`)
    const table = logRules('inet nflog_contract', chain('input', ...rules))
    return {
      openNflog,
      log: (group, ...texts) => sendUdp('127.0.0.1', group, ...texts),
      [Symbol.dispose]: () => table[Symbol.dispose]()
    }
  })
})
