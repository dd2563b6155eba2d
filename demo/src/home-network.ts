import { type Host, type Lab, openLab } from '@packet-logs/lab'
import { addresses } from './addresses.js'

/** A home: a router between a phone and the internet, each in a network namespace of its own. */
export interface HomeNetwork extends AsyncDisposable {
  readonly router: Lab
  readonly phone: Host
  readonly internet: Host
}

/** What the router refuses: connections from the internet to itself, and mail that the phone tries to send. */
const firewall = `
table inet firewall {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan0" tcp flags & (syn | ack) == syn log prefix "drop:input " group 1 drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "lan0" tcp dport 25 log prefix "drop:forward " group 1 drop
  }
}
`

/**
 * Builds the home network; nothing of it is visible outside of it.
 *
 * @throws LabError where a namespace cannot be made, saying what to do
 */
export async function openHomeNetwork(): Promise<HomeNetwork> {
  const router = await openLab()
  try {
    for (const [setting, value] of [
      ['net/ipv4/ip_forward', '1'],
      ['net/ipv6/conf/all/forwarding', '1']
    ]) {
      await router.run('tee', [`/proc/sys/${setting}`], { input: value ?? '' })
    }
    const { lan, wan } = addresses.router
    const phone = await router.addHost({
      name: 'phone',
      device: 'lan0',
      labAddresses: [`${lan.ipv4}/24`, `${lan.ipv6}/64`],
      addresses: [`${addresses.phone.ipv4}/24`, `${addresses.phone.ipv6}/64`],
      gateways: [lan.ipv4, lan.ipv6]
    })
    const internet = await router.addHost({
      name: 'internet',
      device: 'wan0',
      labAddresses: [`${wan.ipv4}/24`, `${wan.ipv6}/64`],
      addresses: [`${addresses.internet.ipv4}/24`, `${addresses.internet.ipv6}/64`],
      gateways: [wan.ipv4, wan.ipv6]
    })
    await router.nft(firewall)
    return { router, phone, internet, [Symbol.asyncDispose]: () => router.close() }
  } catch (error) {
    await router.close()
    throw error
  }
}
