import { expect, it } from 'vitest'
import { parseNetfilterSockets } from './netlink-sockets.js'

it('finds the sockets that read packets in the kernel’s list of netlink sockets', () => {
  const text = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000005c4dae13 0   0          00000000 0        0        0     2        0        1443342
0000000079c7a609 12  0          00000000 0        0        0     2        0        1443348
000000003fb2d366 12  4711       00000000 2304     0        0     2        17       1443350
`
  expect(parseNetfilterSockets(text)).toEqual([{ portId: 4711, queuedBytes: 2304, drops: 17, inode: 1443350 }])
  expect(parseNetfilterSockets('')).toEqual([])
})
