/** Addresses from the ranges that are reserved for documentation (RFC 5737, RFC 3849). */
export const addresses = {
  phone: { ipv4: '192.168.2.5', ipv6: 'fd00:2::5' },
  router: { lan: { ipv4: '192.168.2.1', ipv6: 'fd00:2::1' }, wan: { ipv4: '203.0.113.1', ipv6: '2001:db8::1' } },
  internet: { ipv4: '203.0.113.53', ipv6: '2001:db8::53' }
} as const
