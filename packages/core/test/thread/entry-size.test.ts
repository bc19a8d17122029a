import { expect, test } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import { MAX_ENTRY_BYTES } from '../../src/ledger/entry.ts'
import { sealEntry } from '../ledger/seal-entry.ts'
import { agents, type Given, given, LIMITS, onThread, THREAD } from './given.ts'

const LONG_NAME = 'n'.repeat(117)
const LEADER = { agentId: `lead${'x'.repeat(116)}`, role: 'coordinator' as const }

const seal = (run: Given, index: number): number => {
  const event = run.history[index]
  if (!event) return 0
  const { body } = sealEntry({
    stream: `thread/${THREAD}`,
    seq: 1_000_000,
    prev: 'a'.repeat(64),
    at: event.at,
    workspaceId: onThread.workspaceId,
    by: { kind: 'person', id: 'p'.repeat(120) },
    correlationId: 'c'.repeat(120),
    causationId: 'c'.repeat(120),
    events: [
      { type: event.type, v: event.v, data: JSON.parse(JSON.stringify(event.data)) as Record<string, never> },
    ],
  })
  return Buffer.byteLength(body)
}

test.each([
  ['wide', '漢'],
  ['escaped', '\u0001'],
])('every event fits one ledger entry, were all its texts as long as they may be and %s', (_, unit) => {
  const long = (length: number) => unit.repeat(length)
  const run = given()
  const names = Array.from({ length: 199 }, (_of, index) => `${LONG_NAME}${index}`)
  const few = names.slice(0, 16)
  // Of what cannot be seen alone there would be no name.
  const said = { finding: `f${long(199)}`, fix: `f${long(199)}`, sessionId: 's'.repeat(120) }
  run.create(
    { title: long(200), participants: names.map((agentId) => ({ agentId, role: `r${'o'.repeat(63)}` })) },
    LEADER,
  )
  for (const agentId of few)
    run.accept({ type: 'RemoveParticipant', participantId: agentId, lastRead: 0, reason: long(400) }, LEADER)
  for (let index = 0; index < 3; index += 1)
    run.post(LEADER, { ...said, eventType: 'finding_reported', to: agents(...few), ttlMs: 1000 })
  expect(run.thread.blockCause).toBe('findings')
  run.setStatus(LEADER, 'active', { reason: long(1000) })
  run.setStatus(LEADER, 'blocked', { reason: long(1000), awaitingHuman: true })
  run.post(LEADER, { ttlMs: 1000 })
  run.accept(
    {
      type: 'RequestWake',
      targetAgentId: names[50],
      session: {
        sessionId: 's'.repeat(120),
        isManaged: true,
        isResumable: true,
        status: 'idle',
        isStale: false,
      },
      reason: long(400),
      promptDigest: sha256('p'),
      limits: LIMITS,
    },
    LEADER,
  )
  run.wait(2000)
  run.acceptOf({ type: 'ExpireMessage', seq: run.thread.lastSeq, unread: names })
  run.acceptOf({ type: 'EraseMessages', from: 1, to: run.thread.lastSeq, reason: long(400) })
  for (let index = 0; index < 60; index += 1) run.post(LEADER)
  run.accept({ type: 'RemoveParticipant', participantId: names[60], lastRead: 0, reason: long(400) }, LEADER)
  const sizes = run.history.map((event, index) => [event.type, seal(run, index)] as const)
  expect(new Set(sizes.map(([type]) => type)).size).toBe(9)
  expect(sizes.filter(([, bytes]) => bytes > MAX_ENTRY_BYTES)).toEqual([])
})
