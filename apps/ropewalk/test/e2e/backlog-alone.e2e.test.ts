import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReceiver, type Receiver } from '../notify/support/receiver.ts'
import { CAPABILITIES, makeBacklogHouse, waitFor, type BacklogHouse } from './backlog-house.ts'
import { BY_HAND, claimOne, endWork, RESULT, waitForItem, waitForQuestion } from './backlog-by-hand.ts'
import { answerAll, expectEachOnce, expectReport } from './backlog-invoices.ts'

/** How long is waited for what must not come: a notification is under way within a second. */
const QUIET_MS = 3_000

describe('one process with Postgres alone', () => {
  let house: BacklogHouse
  let receiver: Receiver

  beforeAll(async () => {
    receiver = await startReceiver()
    house = await makeBacklogHouse({
      ROPEWALK_NOTIFY_WEBHOOK: receiver.url,
      ROPEWALK_NOTIFY_ALLOW_PRIVATE: '1',
      ROPEWALK_LEASE: '5',
    })
    await house.add('up')
  })

  afterAll(async () => {
    await house.remove()
    await receiver.stop()
  })

  it('asks nobody where it is to work on its own, and says what it assumed', async () => {
    const uploads = [await house.upload()]
    const projectId = await house.startProject({ clarification: 'autonomous', uploads })
    const project = await house.waitForProject(projectId, ({ status }) => status === 'completed')
    expect(project.assumptions).toBeGreaterThan(0)
    await expectEachOnce(house, projectId, CAPABILITIES.length)
    const events = await house.readEvents(projectId)
    // Whatever was asked was decided in the same breath: no prompt was ever open.
    const asked = events.filter(({ type }) => type === 'CLARIFICATION.QUESTION_ASKED')
    expect(asked.length).toBeGreaterThan(0)
    for (const { data, time } of asked) {
      const decided = events.find(
        (event) =>
          event.type === 'CLARIFICATION.ANSWER_PROVIDED' && event.data['questionId'] === data['questionId'],
      )
      expect(decided).toMatchObject({ time, data: { decidedKind: 'policy', status: 'assumed' } })
    }
    const states = events
      .filter(({ type }) => type === 'PROJECT.STATUS_CHANGED')
      .map(({ data }) => data['to'])
    expect(states).not.toContain('awaiting_input')
    const inbox = await house.get<{ items: unknown[] }>('/v1/inbox')
    expect(inbox.items).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    expect(receiver.received).toEqual([])
  })

  it('tells of each question once, keeps it over a crash, and goes on with the answer to its report', async () => {
    const uploads = [await house.upload()]
    const projectId = await house.startProject({ clarification: 'hybrid', uploads })
    const before = await house.waitForProject(projectId, ({ openQuestions }) => openQuestions > 0)
    const ids = before.questions.filter(({ status }) => status === 'open').map(({ id }) => id)
    await waitFor(() => receiver.received.length >= ids.length, 'notification of each question')

    const up = house.parts.get('up')
    await up?.kill()
    await up?.restart()
    const after = await house.readProject(projectId)
    expect(after.questions.filter(({ status }) => status === 'open')).toEqual(
      before.questions.filter(({ status }) => status === 'open'),
    )
    expect((await answerAll(house, projectId)).toSorted()).toEqual(ids.toSorted())
    await house.waitForProject(projectId, ({ status }) => status === 'completed')
    await expectReport(house, projectId)
    await expectEachOnce(house, projectId, CAPABILITIES.length)
    const told = receiver.received.map(({ body }) => (JSON.parse(body) as { id: string }).id)
    expect(told.toSorted()).toEqual(ids.toSorted())
  })

  it('does what people do to a backlog, and tells each act in the ledger', async () => {
    const task = { kind: 'task', capability: BY_HAND } as const
    const { projectId, keys } = await house.send<{ projectId: string; keys: Record<string, string> }>(
      'POST',
      '/v1/projects',
      {
        request: 'Keep the list of chores.',
        template: null,
        clarification: 'hybrid',
        uploads: [await house.upload()],
        items: [
          { key: 'chores', kind: 'feature', title: 'Chores' },
          { ...task, key: 'sweep', title: 'Sweep', parent: 'chores', approvals: 1 },
          { ...task, key: 'wash', title: 'Wash', dependsOn: ['sweep'], capability: null },
          { ...task, key: 'paint', title: 'Paint', capability: null },
          { ...task, key: 'count', title: 'Count', capability: 'time_waste', batchRows: 30 },
        ],
      },
    )
    const at = (key: string) => `/v1/items/${keys[key] ?? ''}`
    await house.send('PATCH', at('wash'), { title: 'Wash up' })
    await house.send('POST', `${at('wash')}/move`, { parentId: keys['chores'] })
    await house.send('DELETE', `${at('wash')}/dependencies/${keys['sweep'] ?? ''}`)
    const pieces = ['Plates', 'Cups'].map((title) => ({ kind: 'task', title, capability: null }))
    await house.send('POST', `${at('wash')}/split`, { into: pieces })
    await house.send('POST', `${at('wash')}/cancel`, { reason: 'There is a machine.' })
    await house.send('DELETE', `${at('paint')}?reason=rented`)

    const question = {
      text: 'With which broom?',
      fields: ['broom'],
      defaultAnswer: 'Any.',
      impact: 'The floor.',
      risk: 'high',
      policy: 'escalate',
      deadlineMs: 1000,
    }
    const asking = { reason: 'There are two brooms.', questions: [question] }
    await endWork(house, await claimOne(house), 'clarify', asking)
    const asked = await waitForQuestion(
      house,
      projectId,
      (found) => found.owner === 'project' && found.escalatedAt !== null,
    )
    expect(await house.get(at('sweep'))).toMatchObject({ status: 'blocked', openQuestions: 1 })
    await house.send('POST', `/v1/questions/${asked.id}/answer`, { answer: 'The red one.' })
    const failure = { category: 'TOOL_FAILURE', message: 'The broom broke.', retryable: false }
    await endWork(house, await claimOne(house), 'fail', failure)
    await waitForItem(house, keys['sweep'] ?? '', ({ status }) => status === 'failed')
    await house.send('POST', `${at('sweep')}/retry`, {})
    await endWork(house, await claimOne(house), 'complete', RESULT)
    const approval = await waitForQuestion(house, projectId, ({ kind }) => kind === 'approval')
    expect(await house.get(at('sweep'))).toMatchObject({ status: 'in_review' })
    await house.send('POST', `/v1/approvals/${approval.id}`, { approved: true })
    const project = await house.waitForProject(projectId, ({ status }) => status === 'completed')
    expect(project).toMatchObject({ leaves: { done: 2, cancelled: 2 }, completionPercent: 100 })
    expect(await house.get(at('chores'))).toMatchObject({ status: 'done' })

    const told = new Set((await house.readEvents(projectId)).map(({ type }) => type))
    for (const type of [
      'BACKLOG.DEPENDENCY_REMOVED',
      'BACKLOG.ITEM_CANCELLED',
      'BACKLOG.ITEM_DELETED',
      'BACKLOG.ITEM_MOVED',
      'BACKLOG.ITEM_SPLIT',
      'BACKLOG.ITEM_UPDATED',
      'CLARIFICATION.NEEDED',
      'CLARIFICATION.QUESTION_ESCALATED',
      'HUMAN.APPROVAL_REQUESTED',
      'HUMAN.APPROVAL_SUBMITTED',
      'WORK.BATCH_COMPLETED',
      'WORK.ITEM_FAILED',
      'WORK.ITEM_RETRIED',
    ])
      expect(told).toContain(type)
  })
})
