import type { InboundType } from '../../../src/contract/events/inbound.ts'

const project_id = '5a3c1a52-6f0b-4c6e-9d41-0d9a5f0f7b11'
const backlog_item_id = '0d7c9f6e-3a55-4b43-8f0e-8b7f3d2a6c20'
const question_id = 'b1c55f0a-91f4-4a02-a1ab-64d7a3b0c7ee'
const task_id = '01890000-0000-7000-8000-00000000000c'

/** One message in the old form, as its agents wrote them. */
export const makeOldMessage = (event_type: string, payload: Readonly<Record<string, unknown>>) => ({
  event_id: 'e5f1c6de-1be8-4b07-8d11-6a4b6f6f6a01',
  event_type,
  event_version: 1,
  timestamp: '2025-11-03T09:15:27.104233+00:00',
  source: { service: 'agent_runner', instance: 'host-3' },
  correlation_id: '9a0f8c52-2b8a-4b8e-9a41-0d9a5f0f7b99',
  causation_id: '4a0f8c52-2b8a-4b8e-9a41-0d9a5f0f7b98' as string | null,
  payload,
})

const on = { project_id, backlog_item_id }
/** What an old agent has to say in addition: the dispatch told it. */
const work = { ...on, task_id, attempt: 2 }
const ours = { projectId: project_id, itemId: backlog_item_id, taskId: task_id, attempt: 2 }

type Accepted = {
  readonly old: ReturnType<typeof makeOldMessage>
  readonly to: InboundType
  readonly data: object
}

const accepted = (type: string, payload: object, to: InboundType, data: object): Accepted => ({
  old: makeOldMessage(type, { ...payload }),
  to,
  data,
})

const QUESTION = {
  id: question_id,
  ...on,
  question_text: 'Which hourly rate applies?',
  answer_type: 'number',
  status: 'open',
  correlation_id: '9a0f8c52-2b8a-4b8e-9a41-0d9a5f0f7b99',
}
const ASKED = {
  ...ours,
  worker: 'agent_runner/host-3',
  reason: 'Which hourly rate applies?',
  questions: [{ text: 'Which hourly rate applies?', policy: 'wait', risk: 'medium' }],
}

export const ACCEPTED_MESSAGES: readonly Accepted[] = [
  accepted(
    'PROJECT.INITIAL_REQUEST_RECEIVED',
    { project_id, request_text: 'Where does the support team lose time?' },
    'PROJECT.INITIAL_REQUEST_RECEIVED',
    { projectId: project_id, requestText: 'Where does the support team lose time?', dispatch: 'auto' },
  ),
  accepted(
    'BACKLOG.ITEM_CREATED',
    { project_id, backlog_item: { item_type: 'story', title: 'Cost of rework', depends_on: [task_id] } },
    'BACKLOG.ITEM_PROPOSED',
    { projectId: project_id, items: [{ kind: 'story', title: 'Cost of rework', dependsOn: [task_id] }] },
  ),
  accepted('QUESTION.CREATED', { question: QUESTION, task_id, attempt: 2 }, 'CLARIFICATION.NEEDED', ASKED),
  accepted(
    'CLARIFICATION.QUESTION_ASKED',
    { question: QUESTION, task_id, attempt: 2 },
    'CLARIFICATION.NEEDED',
    ASKED,
  ),
  accepted(
    'CLARIFICATION.NEEDED',
    { ...work, reason: 'No rate.', missing_fields: ['hourly_rate'], agent: 'cost' },
    'CLARIFICATION.NEEDED',
    { ...ours, worker: 'cost', reason: 'No rate.', missingFields: ['hourly_rate'], questions: [] },
  ),
  accepted(
    'USER.ANSWER_SUBMITTED',
    { project_id, question_id, answer: 40 },
    'CLARIFICATION.ANSWER_PROVIDED',
    {
      projectId: project_id,
      questionId: question_id,
      answer: '40',
      values: null,
    },
  ),
  accepted(
    'CLARIFICATION.ANSWER_PROVIDED',
    { project_id, question_id, answer: { hourlyRate: 40 } },
    'CLARIFICATION.ANSWER_PROVIDED',
    { questionId: question_id, answer: '{"hourlyRate":40}', values: { hourlyRate: 40 } },
  ),
  accepted('WORK.ITEM_STARTED', { ...work, started_at: '2025-11-03T09:15:27Z' }, 'WORK.ITEM_STARTED', {
    ...ours,
    worker: 'agent_runner/host-3',
    leaseMs: 60_000,
  }),
  accepted(
    'WORK.ITEM_COMPLETED',
    {
      ...work,
      evidence: { rows: 60, total_minutes: 1830 },
      deliverable: {
        type: 'time_waste_report',
        content: { total_minutes: 1830 },
        timestamp: '2025-11-03T09:15:27Z',
        confidence: 0.75,
        agent: 'time_waste',
      },
    },
    'WORK.ITEM_COMPLETED',
    {
      ...ours,
      worker: 'agent_runner/host-3',
      evidence: [{ kind: 'source', statement: '{"rows":60,"total_minutes":1830}' }],
      deliverables: [
        {
          name: 'time_waste_report',
          type: 'time_waste_report',
          body: { agent: 'time_waste', confidence: 0.75, facts: [], content: { total_minutes: 1830 } },
        },
      ],
    },
  ),
  accepted('WORK.ITEM_FAILED', { ...work, reason: 'The file was empty.' }, 'WORK.ITEM_FAILED', {
    ...ours,
    category: 'TOOL_FAILURE',
    message: 'The file was empty.',
    retryable: true,
  }),
  accepted('WORK.HEARTBEAT', { task_id, attempt: 2, pct: 50, eta_ms: 9000 }, 'WORK.HEARTBEAT', {
    taskId: task_id,
    attempt: 2,
    worker: 'agent_runner/host-3',
    pct: 50,
    etaMs: 9000,
  }),
  accepted(
    'HUMAN.APPROVAL_SUBMITTED',
    { ...on, approved: true, notes: 'Looks right.' },
    'HUMAN.APPROVAL_SUBMITTED',
    { projectId: project_id, itemId: backlog_item_id, approved: true, notes: 'Looks right.' },
  ),
]

/** The old payloads to the letter, where they lack what we cannot do without. */
export const BARE_MESSAGES = [
  { old: makeOldMessage('WORK.ITEM_STARTED', { ...on }), lacks: ['/taskId', '/attempt'] },
  { old: makeOldMessage('WORK.ITEM_FAILED', { ...on, reason: 'x' }), lacks: ['/taskId', '/attempt'] },
  {
    old: makeOldMessage('WORK.ITEM_COMPLETED', { ...on, evidence: 'done' }),
    lacks: ['/taskId', '/attempt', '/deliverables'],
  },
]
