import { describe, expect, it } from 'vitest'
import type { Access, LoginOutcome } from '../options.js'
import { Door } from './door.js'
import { FailureLimit } from './failure-limit.js'

const limit = (): FailureLimit => new FailureLimit(3, 60_000)

/** A check that ends when it is told to. */
function slowCheck(): { check: () => Promise<Access | undefined>; pending: ((access?: Access) => void)[] } {
  const pending: ((access?: Access) => void)[] = []
  return { check: () => new Promise(resolve => pending.push(resolve)), pending }
}

const turns = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('the door', () => {
  it('lets no more wrong tokens be tried at once than one after the other', async () => {
    const { check, pending } = slowCheck()
    const door = new Door(check, undefined, limit())
    const kinds = Array.from({ length: 100 }, () => door.admit('x', 'a').then(({ kind }) => kind))
    const other = door.admit('x', 'b')
    await turns()
    expect(pending).toHaveLength(4)
    for (const resolve of pending) resolve()
    expect((await Promise.all(kinds)).filter(kind => kind === 'wrong')).toHaveLength(3)
    expect(await other).toEqual({ kind: 'wrong' })
    expect(pending).toHaveLength(4)
    expect(door.counters).toEqual({ failures: 4, turnedAway: 97 })
  })

  it('lets any number of right tokens in, however slow the check', async () => {
    const { check, pending } = slowCheck()
    const door = new Door(check, undefined, limit())
    const admissions = Promise.all(Array.from({ length: 20 }, () => door.admit('x', 'a')))
    for (let done = 0; done < 20; done += 1) {
      while (pending[done] === undefined) await turns()
      pending[done]?.({})
    }
    expect(new Set((await admissions).map(({ kind }) => kind))).toEqual(new Set(['in']))
    expect(door.counters).toEqual({ failures: 0, turnedAway: 0 })
  })

  it('counts passwords with tokens, and a missing one-time password as wrong', async () => {
    const outcomes: LoginOutcome[] = ['otp', 'failure', 'success', 'failure', 'success']
    const door = new Door(undefined, () => outcomes.shift() ?? 'failure', limit())
    const answers: LoginOutcome[] = []
    for (let count = 0; count < 5; count += 1) answers.push(await door.logIn('user:password', 'a'))
    expect(answers).toEqual(['otp', 'failure', 'success', 'failure', 'failure'])
    expect(outcomes).toEqual(['success'])
    expect(await door.admit('x', 'a')).toMatchObject({ kind: 'wait' })
  })

  it('counts a check that breaks as nothing', async () => {
    const door = new Door(() => Promise.reject(new Error('no database')), undefined, limit())
    for (let count = 0; count < 5; count += 1) await expect(door.admit('x', 'a')).rejects.toThrow('no database')
    expect(door.counters).toEqual({ failures: 0, turnedAway: 0 })
  })
})
