import { setImmediate as nextTurn } from 'node:timers/promises'
import { createBroker, createBusClient } from '@packet-logs/bus'
import { createFilterCompiler, type FilterEvent } from '@packet-logs/rules'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BusFeed, type EventStation } from './bus-feed.js'

class Station implements EventStation {
  topics: string[]
  readonly seen: string[] = []

  constructor(...topics: string[]) {
    this.topics = topics
  }

  event({ topic }: FilterEvent): void {
    this.seen.push(topic)
  }
}

describe('the feed of the bus', () => {
  let broker = createBroker()
  let feed: BusFeed
  let said: string[]
  /** Turns of the event loop, however long they take: enough for whatever is under way in this process. */
  const quiet = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns++) await nextTurn()
  }

  beforeEach(() => {
    broker = createBroker({ compileFilter: createFilterCompiler() })
    said = []
    feed = new BusFeed(createBusClient(broker), text => said.push(text))
  })
  afterEach(async () => {
    await feed.close()
    broker.close()
  })

  const publish = async (...topics: string[]): Promise<void> => {
    for (const topic of topics) broker.publish(topic, {})
    await quiet()
  }

  it('brings each station what it looks at, once', async () => {
    const [domains, rules] = [new Station('dns:serve:'), new Station('dns:', 'auth:failure')]
    feed.add(domains, rules)
    await feed.refresh()
    await publish('dns:serve:10.0.0.1', 'dns:block:event', 'auth:failure', 'auth:success')
    expect(domains.seen).toEqual(['dns:serve:10.0.0.1'])
    expect(rules.seen).toEqual(['dns:serve:10.0.0.1', 'dns:block:event', 'auth:failure'])
  })

  it('never brings packets back, even to those who look at everything', async () => {
    const rules = new Station('', 'nft:drop:')
    feed.add(rules)
    await feed.refresh()
    await publish('nft:drop:input', 'wifi:auth:fail')
    expect(rules.seen).toEqual(['wifi:auth:fail'])
  })

  it('reads nothing for nobody, and follows when stations look at something else', async () => {
    const rules = new Station()
    feed.add(rules)
    await feed.refresh()
    expect(broker.readers()).toEqual([])
    rules.topics = ['a:', 'b:']
    await feed.refresh()
    await publish('a:1', 'b:1', 'c:1')
    rules.topics = ['b:', 'c:']
    await feed.refresh()
    await publish('a:2', 'b:2', 'c:2')
    expect(rules.seen).toEqual(['a:1', 'b:1', 'b:2', 'c:2'])
    expect(broker.readers().map(({ prefix }) => prefix)).toEqual(['b:', 'c:'])
  })

  it('counts what came too fast, also what a subscription lost that is gone', async () => {
    await feed.close()
    broker = createBroker({ ringBytes: 8192, maxLineBytes: 1024 })
    feed = new BusFeed(createBusClient(broker), text => said.push(text))
    const rules = new Station('a:')
    feed.add(rules)
    await feed.refresh()
    await publish(...Array.from({ length: 1000 }, (_, i) => `a:${i}`))
    const lost = feed.loss.count()
    expect(lost).toBeGreaterThan(0)
    expect(lost + rules.seen.length).toBe(1000)
    rules.topics = []
    await feed.refresh()
    expect(feed.loss.count()).toBe(lost)
  })

  it('says what the bus will not give', async () => {
    await feed.close()
    feed = new BusFeed(createBusClient(createBroker()), text => said.push(text))
    feed.add(new Station(''))
    await feed.refresh()
    await quiet()
    expect(said.join('\n')).toMatch(/cannot be read from the bus: .*filter/)
  })
})
