import { describe, expect, it } from 'vitest'
import { findDefaultRouteDevices } from './uplink.js'

const ipv4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wwan0	00000000	0102A8C0	0003	0	0	700	00000000	0	0	0
eth0	00000000	0102A8C0	0003	0	0	100	00000000	0	0	0
eth1	0002A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
dead0	00000000	0102A8C0	0200	0	0	0	00000000	0	0	0
`
const zero = '0'.repeat(32)
const ipv6 = `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003    ppp0
${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo
fe800000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth1
`

function devices(files: Record<string, string>): Promise<string[]> {
  return findDefaultRouteDevices({ readProc: async name => files[name] })
}

describe('findDefaultRouteDevices', () => {
  it('lists the devices of usable default routes, preferred first, each once', async () => {
    expect(await devices({ route: ipv4, ipv6_route: ipv6 })).toEqual(['eth0', 'wwan0', 'ppp0'])
  })

  it('finds none where there is none', async () => {
    expect(await devices({})).toEqual([])
    expect(await devices({ route: ipv4.split('\n').slice(0, 1).join('\n'), ipv6_route: '' })).toEqual([])
  })
})
