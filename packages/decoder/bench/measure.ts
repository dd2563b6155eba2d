export interface Sample {
  readonly ns: number
  /** Allocated per packet, on JavaScript's heap. */
  readonly bytes: number
}

const ROUNDS = 9
/** Few enough that no collection of garbage comes between. */
const ALLOCATING_RUNS = 160

/**
 * Processor time and bytes per packet, best of several rounds over all packets in turn. Time on the processor, not of
 * the clock: other programs on the machine do not count.
 */
export function measure<T>(packets: readonly T[], run: (packet: T) => unknown, perRound = 24_000): Sample {
  const turns = Math.ceil(perRound / packets.length)
  const count = turns * packets.length
  let ns = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    for (let turn = 0; turn < turns; turn++) for (const packet of packets) run(packet)
    const { user, system } = process.cpuUsage(start)
    ns = Math.min(ns, ((user + system) * 1000) / count)
  }
  return { ns, bytes: allocated(packets, run) }
}

function allocated<T>(packets: readonly T[], run: (packet: T) => unknown): number {
  const turns = Math.ceil(ALLOCATING_RUNS / packets.length)
  const grown: number[] = []
  for (let round = 0; round < 25; round++) {
    const heap = process.memoryUsage().heapUsed
    for (let turn = 0; turn < turns; turn++) for (const packet of packets) run(packet)
    grown.push((process.memoryUsage().heapUsed - heap) / (turns * packets.length))
  }
  // What the measurement itself takes is in all of them; a collection makes one of them negative.
  return Math.max(0, grown.sort((a, b) => a - b)[12] ?? 0)
}

/** Measures alternatives in turns, so that what else the machine does hits all of them. */
export function compare<K extends string>(alternatives: Readonly<Record<K, () => Sample>>): Record<K, Sample> {
  const best: Partial<Record<K, Sample>> = {}
  const names = Object.keys(alternatives) as K[]
  for (let round = 0; round < 3; round++) {
    for (const name of names) {
      const sample = alternatives[name]()
      const known = best[name]
      if (known === undefined || sample.ns < known.ns) best[name] = sample
    }
  }
  return best as Record<K, Sample>
}

export function row({ ns, bytes }: Sample): Record<string, string> {
  return {
    'ns/packet': ns.toFixed(0),
    'packets/s': Math.round(1e9 / ns).toLocaleString('en'),
    'bytes allocated': bytes.toFixed(0)
  }
}
