import { CloudEvent, parseEnvelope } from '@ropewalk/core/contract/events/envelope'
import { WorkspaceId } from '@ropewalk/core/ids'
import { expect, test } from 'vitest'
import type { EventView } from '../../../src/engine/contract.ts'
import { makeCloudEvent } from '../../../src/engine/views/cloud-event.ts'

const stream = '01890000-0000-7000-8000-00000000000a'
const itemId = '01890000-0000-7000-8000-00000000000b'
const taskId = '01890000-0000-7000-8000-00000000000c'
const questionId = '01890000-0000-7000-8000-00000000000d'
const deliverableId = '01890000-0000-7000-8000-00000000000e'

const view = (type: string, data: EventView['data'], on: string = stream) =>
  makeCloudEvent(WorkspaceId.parse('default'), {
    position: 7,
    stream: on,
    seq: 3,
    id: '01890000-0000-8000-a000-000000000001',
    type,
    v: 1,
    at: '2026-01-31T12:00:00.000Z',
    by: { kind: 'engine', id: 'engine' },
    correlationId: on,
    causationId: null,
    data,
  })

test.each([
  ['run.started', {}, `runs/${stream}`],
  ['task.cancelled', { taskId, reason: 'x' }, `runs/${stream}/tasks/${taskId}`],
  ['phase.completed', { phase: 'prd', status: 'success' }, `runs/${stream}/phases/prd`],
  [
    'CLARIFICATION.QUESTION_CLOSED',
    { questionId, phase: 'prd', reason: 'x' },
    `runs/${stream}/questions/${questionId}`,
  ],
])('%s of a run carries the run', (type, data, subject) => {
  const event = view(type, data)
  expect(event).toMatchObject({ subject, runid: stream })
  expect(event).not.toHaveProperty('projectid')
  expect(CloudEvent.parse(event)).toEqual(event)
})

test.each([
  ['PROJECT.STATUS_CHANGED', {}, `projects/${stream}`],
  ['BACKLOG.ITEM_READY', { itemId, from: 'created' }, `projects/${stream}/items/${itemId}`],
  ['WORK.ITEM_STARTED', { itemId, taskId }, `projects/${stream}/items/${itemId}/tasks/${taskId}`],
  [
    'DELIVERABLE.PUBLISHED',
    { itemId, taskId, deliverableId },
    `projects/${stream}/items/${itemId}/deliverables/${deliverableId}`,
  ],
  ['REPORT.FINAL_PUBLISHED', { deliverableId }, `projects/${stream}/deliverables/${deliverableId}`],
  ['HUMAN.APPROVAL_REQUESTED', { itemId, questionId }, `projects/${stream}/questions/${questionId}`],
  [
    'CLARIFICATION.QUESTION_CLOSED',
    { questionId, reason: 'x' },
    `projects/${stream}/questions/${questionId}`,
  ],
])('%s of a project carries the project', (type, data, subject) => {
  const event = view(type, data)
  expect(event).toMatchObject({ subject, projectid: stream })
  expect(event).not.toHaveProperty('runid')
  expect(CloudEvent.parse(event)).toEqual(event)
})

test.each([
  ['thread.status_changed', {}, `threads/${stream}`],
  ['thread.message_posted', { messageId: taskId, seq: 1 }, `threads/${stream}/messages/${taskId}`],
  ['thread.wake_requested', { wakeId: taskId }, `threads/${stream}/wakes/${taskId}`],
  ['session.registered', { agentId: 'reviewer' }, `sessions/${stream}`],
  ['token.issued', { jti: 'j-1' }, `grants/${stream}`],
  ['policy.changed', {}, `policies/${stream}`],
])('%s is of no run and of no project', (type, data, subject) => {
  const event = view(type, data)
  expect(event.subject).toBe(subject)
  expect(event).not.toHaveProperty('runid')
  expect(event).not.toHaveProperty('projectid')
  expect(CloudEvent.parse(event)).toEqual(event)
})

test('an event of a stream with a name is about that stream', () => {
  const event = view('budget.topped_up', {}, 'workspace')
  expect(event.subject).toBe('workspace')
  expect(event).not.toHaveProperty('runid')
  expect(event).not.toHaveProperty('projectid')
})

test('what is told is an envelope that any consumer can read', () => {
  expect(parseEnvelope(view('run.started', {}))).toMatchObject({ type: 'ok' })
})
