import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReceiver, type Receiver } from '../notify/support/receiver.ts'
import { CAPABILITIES, makeBacklogHouse, waitFor, type BacklogHouse } from './backlog-house.ts'
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
})
