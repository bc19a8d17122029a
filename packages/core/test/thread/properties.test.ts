import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision } from '../../src/decision.ts'
import { sha256 } from '../../src/canonical.ts'
import { decideThread } from '../../src/thread/decide.ts'
import type { ThreadEvent } from '../../src/thread/events.ts'
import { foldThread } from '../../src/thread/evolve.ts'
import type { ThreadState } from '../../src/thread/state.ts'
import {
  ALICE,
  ANNA,
  AUDITOR,
  BOB,
  CAROL,
  type Given,
  given,
  type Input,
  LEAD,
  makeAsked,
  type Speaker,
} from './given.ts'
import { loadFor } from './load.ts'

/** One random act: who does what, about which of the things there are, and a number for what else is to choose. */
const act = fc.record({ who: fc.nat(99), what: fc.nat(99), which: fc.nat(999), amount: fc.nat(999_999) })
type Act = { readonly who: number; readonly what: number; readonly which: number; readonly amount: number }
type Look = (run: Given, input: Input, by: Speaker) => void

const SPEAKERS: readonly Speaker[] = [
  ALICE,
  BOB,
  ALICE,
  BOB,
  CAROL,
  LEAD,
  ANNA,
  AUDITOR,
  { agentId: 'paul', role: 'participant', isPerson: true },
]
const LIMITS = { messagesPerMinute: 12, wakesPerMinute: 2, turns: 5, sameFindings: 3 }
const NAMES = ['alice', 'bob', 'carol', 'paul', 'lead', 'constructor'] as const
const ROLES = [null, 'author', 'reviewer'] as const
const STATUSES = ['active', 'blocked', 'resolved', 'closed'] as const
const REASONS = ['because', 'human_override: enough', 'coordinator_override: enough'] as const
const BODY = 'a text that may be erased'
const EVENTS = [
  'finding_reported',
  'finding_reported',
  'fix_pushed',
  're_review_requested',
  'finding_verified',
  'finding_rejected',
  'thread_escalated',
  'thread_resolved',
] as const

const pick = <T>(values: readonly T[], which: number): T => {
  const found = values[which % values.length]
  if (found === undefined) throw new Error('There is nothing to pick from.')
  return found
}

const makeTo = ({ amount, which }: Act) => {
  if (amount % 5 < 3) return { kind: 'all' }
  return amount % 5 === 3
    ? { kind: 'agents', agents: [pick(NAMES, which), pick(NAMES, amount)] }
    : { kind: 'role', role: pick(['author', 'reviewer'], which) }
}

const toPost = (run: Given, of: Act): Input => {
  const { what, which, amount } = of
  const messages = [...run.state.messages.values()]
  const isEvent = what % 2 === 0
  return run.toPost({
    body: BODY,
    eventType: isEvent ? pick(EVENTS, which) : null,
    finding: amount % 4 === 0 ? null : `f${amount % 3}`,
    fix: amount % 4 === 1 ? null : `c${amount % 30}`,
    to: makeTo(of),
    inReplyTo: amount % 6 === 0 && messages.length > 0 ? pick(messages, which).id : null,
    ttlMs: amount % 7 === 0 ? 1000 + (amount % 20_000) : null,
    limits: LIMITS,
  })
}

const toInput = (run: Given, of: Act): Input => {
  const { what, which, amount } = of
  const { lastSeq } = run.thread
  const seq = 1 + (which % Math.max(1, lastSeq))
  if (what < 55) return toPost(run, of)
  if (what < 62)
    return { type: 'AddParticipant', participant: { agentId: pick(NAMES, which), role: pick(ROLES, amount) } }
  if (what < 68)
    return {
      type: 'RemoveParticipant',
      participantId: pick(NAMES, which),
      lastRead: amount % (lastSeq + 1),
      reason: 'r',
    }
  if (what < 82) {
    const status = what < 72 ? 'active' : pick(STATUSES, which)
    const awaitingHuman = status === 'blocked' && amount % 2 === 0
    return run.toStatus(status, { reason: pick(REASONS, amount), awaitingHuman })
  }
  if (what < 90) {
    const session = {
      sessionId: 's',
      isManaged: amount % 2 === 0,
      isResumable: amount % 3 === 0,
      status: 'idle',
      isStale: amount % 5 === 0,
    }
    return {
      type: 'RequestWake',
      targetAgentId: pick(NAMES, which),
      session: amount % 7 === 0 ? null : session,
      reason: 'r',
      promptDigest: sha256(BODY),
      limits: LIMITS,
    }
  }
  if (what < 97) return { type: 'ExpireMessage', seq, unread: NAMES.slice(0, amount % 7) }
  return { type: 'EraseMessages', from: 1, to: seq, reason: 'r' }
}

const play = (acts: readonly Act[], look: Look = () => undefined): Given => {
  const run = given()
  run.create()
  for (const of of acts) {
    if (of.amount % 9 === 0) run.wait(of.amount % 90_000)
    const input = toInput(run, of)
    const by = pick(SPEAKERS, of.who)
    look(run, input, by)
    run.when(input, by)
    checkState(run.state)
  }
  return run
}

const checkState = ({ thread, participants }: ThreadState): void => {
  if (!thread) return
  if (thread.status !== 'blocked') expect(thread).toMatchObject({ awaitingHuman: false, blockCause: null })
  if (thread.blockCause !== null) expect(thread.awaitingHuman).toBe(true)
  if (thread.status === 'active') {
    expect(thread.turns).toBeLessThan(LIMITS.turns)
    for (const { reports } of Object.values(thread.findings))
      expect(reports).toBeLessThan(LIMITS.sameFindings)
  }
  expect(thread.endedAt !== null).toBe(thread.status === 'closed')
  for (const { goneAt, goneSeq, minuteCount, wakeMinuteCount } of participants.values()) {
    expect(goneAt === null).toBe(goneSeq === null)
    expect(minuteCount).toBeLessThanOrEqual(LIMITS.messagesPerMinute)
    expect(wakeMinuteCount).toBeLessThanOrEqual(LIMITS.wakesPerMinute)
  }
}

const sequences = fc.array(act, { minLength: 20, maxLength: 80 })

test('any sequence of commands leaves a history without a gap, which folds to its state and repeats no text', () => {
  fc.assert(
    fc.property(sequences, (acts) => {
      const { history, state, thread } = play(acts)
      const seqs = history.flatMap(({ type, data }) => (type === 'thread.message_posted' ? [data.seq] : []))
      expect(seqs).toEqual(seqs.map((_, index) => index + 1))
      expect(thread.lastSeq).toBe(seqs.length)
      expect(foldThread(history)).toEqual(state)
      expect(JSON.stringify(history)).not.toContain(BODY)
    }),
    { numRuns: 150 },
  )
}, 120_000)

test('closed is the end: nothing is said after it, and it stays', () => {
  fc.assert(
    fc.property(sequences, sequences, (before, after) => {
      const run = play(before)
      run.when(run.toStatus('active'), ANNA)
      run.when(run.toStatus('closed'), ANNA)
      expect(run.thread.status).toBe('closed')
      const { lastSeq } = run.thread
      for (const of of after) run.when(toInput(run, of), pick(SPEAKERS, of.who))
      expect(run.thread).toMatchObject({ status: 'closed', lastSeq })
    }),
    { numRuns: 50 },
  )
}, 120_000)

test('an agent that only takes part changes no status but to blocked, and that by what it writes', () => {
  fc.assert(
    fc.property(sequences, (acts) => {
      play(acts, (run, input, by) => {
        if (by.role !== 'participant') return
        const asked = makeAsked(input, by)
        const { command } = asked
        const decision = decideThread(run.state, command, { at: run.now(), seed: 'seed', by: asked.by })
        if (command.type === 'ChangeThreadStatus') expect(decision.type).toBe('refused')
        if (decision.type === 'refused' || decision.state.thread?.status === run.thread.status) return
        expect([command.type, decision.state.thread?.status]).toEqual(['PostMessage', 'blocked'])
      })
    }),
    { numRuns: 100 },
  )
}, 120_000)

/** What a decision comes to, without the state it was made in. */
const outcomeOf = (decision: Decision<ThreadEvent, ThreadState>): unknown =>
  decision.type === 'accepted' ? { ...decision, state: decision.state.thread } : decision

test('what a command names as its needs is enough to decide it, the same each time, and nothing is changed in place', () => {
  fc.assert(
    fc.property(sequences, (acts) => {
      play(acts, (run, input, by) => {
        const { command, by: principal } = makeAsked(input, by)
        const stamp = { at: run.now(), seed: 'seed', by: principal }
        const before = structuredClone(run.state)
        const whole = decideThread(run.state, command, stamp)
        expect(outcomeOf(decideThread(loadFor(run.state, command), command, stamp))).toEqual(outcomeOf(whole))
        expect(decideThread(run.state, command, stamp)).toEqual(whole)
        expect(run.state).toEqual(before)
      })
    }),
    { numRuns: 30 },
  )
}, 120_000)
