import type { Requirement, Wanted } from './requirement.js'

/** The fields that tell filters apart, the most telling first; others come after them. */
const TELLING = [
  ...['dst.ip', 'src.ip', 'arp.targetIp', 'arp.senderIp', 'spr.dst.ip', 'spr.src.ip', 'dst.mac', 'src.mac'],
  ...['dns.name', 'dst.domain', 'src.domain', 'tls.sni', 'rule.id', 'dst.port', 'src.port'],
  ...[
    'spr.dst.port',
    'spr.src.port',
    'uid',
    'mark',
    'topic',
    'prefix',
    'spr.prefix',
    'inDevice',
    'outDevice',
    'protocol'
  ]
]
/** A network has many addresses: it tells less than a port. */
const NETWORKS = TELLING.indexOf('src.port') + 0.5
/** With more to look up than this, another requirement is the better one. */
const MANY = 8
/** How many more filters have to share what they ask for, until it counts for less: 8, 64, 512, … */
const CROWDING = 3

/** Knows what all the filters require, and so what tells one of them from the others. */
export class MostTelling {
  readonly #sharedBy = new Map<string, number>()

  constructor(filters: Iterable<readonly Requirement[]>) {
    for (const requirements of filters) {
      for (const { field, wanted } of requirements) {
        for (const one of wanted) {
          const name = nameOf(field.name, one)
          this.#sharedBy.set(name, (this.#sharedBy.get(name) ?? 0) + 1)
        }
      }
    }
  }

  /** The one of a filter's requirements that the fewest packets and the fewest filters have in common. */
  of(requirements: readonly Requirement[]): Requirement | undefined {
    let best: Requirement | undefined
    let least = Number.POSITIVE_INFINITY
    for (const requirement of requirements) {
      const burden = this.#crowding(requirement) * 1000 + rank(requirement)
      if (burden >= least) continue
      best = requirement
      least = burden
    }
    return best
  }

  #crowding({ field, wanted }: Requirement): number {
    let most = 1
    for (const one of wanted) most = Math.max(most, this.#sharedBy.get(nameOf(field.name, one)) ?? 1)
    return Math.floor(Math.log2(most) / CROWDING)
  }
}

function rank({ field, wanted }: Requirement): number {
  const known = TELLING.indexOf(field.name)
  const isWide = wanted.some(one => one.is === 'network' && one.network.bits < one.network.words.length * 32)
  const place = known < 0 ? TELLING.length : isWide ? NETWORKS : known
  return place + (wanted.length > MANY ? TELLING.length + 1 : 0)
}

function nameOf(field: string, wanted: Wanted): string {
  switch (wanted.is) {
    case 'value':
      return `${field} ${wanted.value}`
    case 'beginning':
      return `${field} ${wanted.text}*`
    case 'network':
      return `${field} ${wanted.network.words.join()}/${wanted.network.bits}`
  }
}
