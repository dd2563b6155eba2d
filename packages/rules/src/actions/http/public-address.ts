import { Address, isInNetwork, parseNetwork } from '../../filter/address.js'

/** What of IPv4 the internet does not reach (RFC 6890 and its registry), and what of it means something else to a host. */
const NOT_PUBLIC_IPV4 = networks(
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // RFC 1918
  '100.64.0.0/10', // behind a carrier's NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's own services, as seen from a machine there
  '169.254.0.0/16', // link-local; 169.254.169.254 tells machines in clouds their secrets
  '172.16.0.0/12', // RFC 1918
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // RFC 1918
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/3' // multicast, reserved, broadcast
)

/** All that is routed of IPv6 today; loopback, link-local, unique local and multicast are beside it. */
const GLOBAL_UNICAST = networks('2000::/3')
const NOT_PUBLIC_IPV6 = networks(
  '2001::/23', // IETF protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which holds an IPv4 address
  '3fff::/20' // documentation
)

/** What stands for the IPv4 address in its last 32 bits. */
const EMBEDDED_IPV4 = networks('::ffff:0:0/96', '64:ff9b::/96')

/** Whether the internet reaches an address; false for anything that is none. */
export function isPublicAddress(text: string): boolean {
  const address = new Address()
  if (!address.readText(text)) return false
  if (address.version === 4) return isPublicIpv4(address)
  if (EMBEDDED_IPV4.some(network => isInNetwork(address, network))) {
    address.words[0] = address.words[3] ?? 0
    address.version = 4
    return isPublicIpv4(address)
  }
  return (
    GLOBAL_UNICAST.some(network => isInNetwork(address, network)) &&
    !NOT_PUBLIC_IPV6.some(network => isInNetwork(address, network))
  )
}

function isPublicIpv4(address: Address): boolean {
  return !NOT_PUBLIC_IPV4.some(network => isInNetwork(address, network))
}

function networks(...texts: string[]): NonNullable<ReturnType<typeof parseNetwork>>[] {
  return texts.flatMap(text => parseNetwork(text) ?? [])
}
