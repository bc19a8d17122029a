import type { DataPolicy } from '@ropewalk/core/policy/policy'
import { makePolicyId } from '@ropewalk/core/policy/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eraseByPolicy } from '../../src/timers/erase-messages.ts'
import { startStage, WORKSPACE, type Stage } from '../engine/support/stage.ts'
import { createThread, post } from '../engine/support/threads.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const erase = () => eraseByPolicy({ engine: stage.engine, store: stage.engine.store }, [WORKSPACE])

const setRetention = (retention: DataPolicy['retention']) =>
  stage.engine.submit(
    {
      type: 'ChangePolicy',
      workspaceId: WORKSPACE,
      policyId: makePolicyId(WORKSPACE),
      policy: { retention, redaction: false },
      reason: 'The customer asks for it.',
    },
    { by: { kind: 'person', id: 'owner' } },
  )

describe('words of messages', () => {
  test('are kept for ever unless somebody says otherwise, and then no longer than was said', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann'])
    await post(engine, thread, 'ann', 'Old words.')
    await stage.shiftTime('40 days')
    await post(engine, thread, 'ann', 'New words.')
    expect(await erase()).toBe(0)
    await setRetention({ mode: 'days', days: 41 })
    expect(await erase()).toBe(0)
    await setRetention({ mode: 'days', days: 30 })
    expect(await erase()).toBe(1)
    expect(await erase()).toBe(0)
    const messages = await engine.readMessages({ ...thread, sinceSeq: 0, limit: 10 })
    expect(messages.map(({ body }) => body)).toEqual([null, 'New words.'])
    await setRetention({ mode: 'permanent' })
    await stage.shiftTime('9000 days')
    expect(await erase()).toBe(0)
  })

  test('go from the messages alone: ledger and audit stay whole', async () => {
    const [row] = await stage.query<{ entries: number; posted: number }>(
      `SELECT count(*)::int AS entries,
        count(*) FILTER (WHERE types LIKE '%thread.message_posted%')::int AS posted
       FROM ropewalk.ledger WHERE workspace_id = '${WORKSPACE}'`,
    )
    expect(row?.posted).toBe(2)
    expect(row?.entries).toBeGreaterThan(5)
  })
})
