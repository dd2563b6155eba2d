import { type ExplainedCondition, explainFilter } from '@packet-logs/rules'
import type { Subject } from './recorded.js'
import { ValueCounts } from './value-counts.js'

/** Where packets and events stop short of matching a rule. */
export interface WhyNotReport {
  /** Packets and events on the rule's topics. */
  readonly seen: number
  /** Of these, how many were put before the conditions one by one: fewer than all where there are very many. */
  readonly examined: number
  /** In their order; each is asked only where those before it were met. */
  readonly conditions: readonly WhyNotCondition[]
}

export interface WhyNotCondition {
  readonly source: string
  readonly meaning: string
  readonly asked: number
  readonly failed: number
  /** What was seen where it failed, the most frequent first. */
  readonly saw: readonly { readonly value: string; readonly count: number }[]
}

const maxValues = 64
const maxValueCharacters = 80
const shownValues = 3
/** So many questions are asked with every event; then only with every second, fourth, … */
const defaultQuestionsPerStride = 500_000
const maxTopics = 4096

/** A rule that may have to be asked about. Where no filter says what it asks, only what it sees is counted. */
export interface AskedRule {
  readonly id: string
  readonly isEnabled: boolean
  readonly topics: readonly string[]
  readonly filter: string | undefined
}

/** Puts everything before the conditions of rules one by one, with an effort that stays bounded. */
export class WhyNot {
  readonly #rules: RuleFunnel[] = []
  readonly #byId = new Map<string, RuleFunnel[]>()
  readonly #byTopic = new Map<string, readonly RuleFunnel[]>()
  readonly #questionsPerStride: number
  #stride = 1
  #turn = 0
  #questions = 0

  constructor(rules: readonly AskedRule[], questionsPerStride: number = defaultQuestionsPerStride) {
    this.#questionsPerStride = questionsPerStride
    for (const { id, topics, filter, isEnabled } of rules) {
      const funnel = new RuleFunnel(topics, filter === undefined ? [] : explainFilter(filter).conditions)
      funnel.isAnswered = !isEnabled
      this.#rules.push(funnel)
      const others = this.#byId.get(id)
      if (others === undefined) this.#byId.set(id, [funnel])
      else others.push(funnel)
    }
  }

  /** Of a rule that has fired nobody asks why it has not. */
  forget(id: string): void {
    for (const funnel of this.#byId.get(id) ?? []) funnel.isAnswered = true
  }

  look(subject: Subject): void {
    const isExamined = this.#turn++ % this.#stride === 0
    for (const funnel of this.#funnelsFor(subject.topic)) {
      if (funnel.isAnswered) continue
      funnel.seen++
      if (isExamined) this.#questions += funnel.examine(subject)
    }
    if (this.#questions < this.#questionsPerStride) return
    this.#questions = 0
    this.#stride *= 2
  }

  /** Of the rule at this place. */
  report(index: number): WhyNotReport | undefined {
    return this.#rules[index]?.report()
  }

  #funnelsFor(topic: string): readonly RuleFunnel[] {
    const known = this.#byTopic.get(topic)
    if (known !== undefined) return known
    const funnels = this.#rules.filter(({ topics }) => topics.some(wanted => topic.startsWith(wanted)))
    if (this.#byTopic.size >= maxTopics) this.#byTopic.clear()
    this.#byTopic.set(topic, funnels)
    return funnels
  }
}

class RuleFunnel {
  readonly topics: readonly string[]
  readonly #steps: readonly Step[]
  isAnswered = false
  seen = 0
  #examined = 0

  constructor(topics: readonly string[], conditions: readonly ExplainedCondition[]) {
    this.topics = topics
    this.#steps = conditions.map(condition => ({ condition, asked: 0, failed: 0, saw: new ValueCounts(maxValues) }))
  }

  /** @returns how many conditions were asked */
  examine(subject: Subject): number {
    this.#examined++
    let questions = 0
    for (const step of this.#steps) {
      questions++
      step.asked++
      if (isMet(step.condition, subject)) continue
      step.failed++
      step.saw.add(whatItSaw(step.condition, subject))
      break
    }
    return questions
  }

  report(): WhyNotReport {
    const conditions = this.#steps.map(({ condition: { source, meaning }, asked, failed, saw }) => {
      return { source, meaning, asked, failed, saw: saw.top(shownValues) }
    })
    return { seen: this.seen, examined: this.#examined, conditions }
  }
}

interface Step {
  readonly condition: ExplainedCondition
  asked: number
  failed: number
  readonly saw: ValueCounts
}

function isMet(condition: ExplainedCondition, subject: Subject): boolean {
  return subject.kind === 'packet'
    ? condition.matchesPacket(subject.logged, subject.packet)
    : condition.matchesEvent(subject.event)
}

function whatItSaw(condition: ExplainedCondition, subject: Subject): string {
  const seen =
    subject.kind === 'packet'
      ? condition.seenInPacket(subject.logged, subject.packet)
      : condition.seenInEvent(subject.event)
  const values = condition.reads.map(name => {
    const text = Object.hasOwn(seen, name) ? (JSON.stringify(seen[name]) ?? 'nothing') : 'absent'
    return `${name} ${text.length > maxValueCharacters ? `${text.slice(0, maxValueCharacters)}…` : text}`
  })
  return values.join(', ')
}
