import { Counter, Gauge, Registry } from 'prom-client'

/** The only labels there are; each has a bounded number of values. */
export type Label = 'prefix' | 'action' | 'group' | 'protocol' | 'device' | 'reader'

/** One series of a metric. */
export interface Sample {
  readonly labels: Readonly<Partial<Record<Label, string | number>>>
  readonly value: number
}

/** What a metric is called and what it means. */
interface Description {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
}

const namePrefix = 'packet_logs_'

/** Metrics whose values are read when they are asked for, so that to count is to add one to a number. */
export class Metrics {
  readonly registry: Registry = new Registry()

  /** A count that only grows. */
  counter(name: string, help: string, read: () => number): void {
    this.#add(Counter, { name, help, labelNames: [] }, () => [{ labels: {}, value: read() }])
  }

  /** Counts that only grow, by label. */
  counters(name: string, help: string, labelNames: readonly Label[], read: () => Iterable<Sample>): void {
    this.#add(Counter, { name, help, labelNames }, read)
  }

  /** A value that goes up and down. */
  gauge(name: string, help: string, read: () => number): void {
    this.#add(Gauge, { name, help, labelNames: [] }, () => [{ labels: {}, value: read() }])
  }

  /** Values that go up and down, by label. */
  gauges(name: string, help: string, labelNames: readonly Label[], read: () => Iterable<Sample>): void {
    this.#add(Gauge, { name, help, labelNames }, read)
  }

  #add(
    Kind: typeof Counter<Label> | typeof Gauge<Label>,
    { name, help, labelNames }: Description,
    read: () => Iterable<Sample>
  ): void {
    const metric: Counter<Label> | Gauge<Label> = new Kind({
      name: `${namePrefix}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect: () => {
        metric.reset()
        for (const { labels, value } of read()) metric.inc(labels, value)
      }
    })
  }
}
