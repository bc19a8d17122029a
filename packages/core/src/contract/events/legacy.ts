import { z } from 'zod'
import { text } from '../../text.ts'
import type { InboundType } from './inbound.ts'
import { listProblems, type Invalid } from './problems.ts'

/** Names the contract of the old envelope, as dead letters do. */
export const LEGACY_SCHEMA_ID = 'urn:ropewalk:legacy-envelope:1'

const uuid = z.guid().transform((value) => value.toLowerCase())

/** The envelope of the old form: AX-01 of the requirements, and what section 9 of them adds. */
const LegacyEnvelope = z.strictObject({
  event_id: uuid,
  event_type: text(120, 1),
  event_version: z.int().min(1),
  timestamp: z.iso.datetime({ offset: true }),
  source: z.strictObject({ service: text(120, 1), instance: text(120, 1) }),
  correlation_id: uuid,
  causation_id: uuid.nullable().optional(),
  workspace_id: text(120, 1).optional(),
  schema_version: z.union([z.int(), text(20)]).optional(),
  run_id: uuid.optional(),
  payload: z.record(z.string(), z.unknown()),
})
type LegacyEnvelope = z.infer<typeof LegacyEnvelope>

type Data = Readonly<Record<string, unknown>>
type Change = (data: Data, envelope: LegacyEnvelope) => Data

/** Fields by their old name. What is not here keeps its name, so that the contract of the payload refuses it. */
const FIELDS: Readonly<Record<string, string>> = {
  project_id: 'projectId',
  backlog_item_id: 'itemId',
  question_id: 'questionId',
  task_id: 'taskId',
  request_text: 'requestText',
  missing_fields: 'missingFields',
  tool_version: 'toolVersion',
  eta_ms: 'etaMs',
  lease_ms: 'leaseMs',
}

const rename = (data: Data): Data =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [Object.hasOwn(FIELDS, key) ? FIELDS[key] : key, value]),
  )

const isObject = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const say = (value: unknown, max: number): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, max)

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** The old form names the agent in the payload, if at all; its service is the next best. */
const withWorker: Change = ({ agent, ...data }, { source }) => ({
  worker: agent ?? `${source.service}/${source.instance}`.slice(0, 120),
  ...data,
})

/** Evidence had no form: what it says is kept as it stands. */
const mapEvidence = (evidence: unknown): readonly Data[] =>
  asList(evidence).map((each) => ({ kind: 'source', statement: say(each, 1000) }))

const mapDeliverable = (value: unknown, worker: unknown): unknown => {
  if (!isObject(value)) return value
  const { type, content, confidence, agent, timestamp: _time, ...others } = value
  const body = { type, agent: agent ?? worker, confidence, simulated: false, facts: [], claims: [], content }
  return { name: type, type, body, ...others }
}

const completed: Change = (data, envelope) => {
  const { evidence, deliverable, deliverables, ...others } = withWorker(data, envelope)
  const handed = deliverables ?? deliverable
  return {
    ...others,
    ...(evidence === undefined ? {} : { evidence: mapEvidence(evidence) }),
    ...(handed === undefined
      ? {}
      : { deliverables: asList(handed).map((each) => mapDeliverable(each, others['worker'])) }),
  }
}

const failed: Change = (data, envelope) => {
  const { reason, ...others } = withWorker(data, envelope)
  return { category: 'TOOL_FAILURE', ...others, ...(reason === undefined ? {} : { message: reason }) }
}

const started: Change = ({ started_at: _time, ...data }, envelope) => withWorker(data, envelope)

/** The old question said neither what hangs on it nor what holds without an answer: it waits for one. */
const asked: Change = ({ question, ...data }, envelope) => {
  if (!isObject(question)) return { question, ...data }
  const {
    id: _id,
    question_text,
    answer_type: _type,
    status: _status,
    correlation_id: _of,
    ...place
  } = question
  const draft = {
    text: question_text,
    fields: [],
    defaultAnswer: 'Go on with what is known.',
    impact: 'The one who asks did not say what hangs on it.',
    risk: 'medium',
    policy: 'wait',
  }
  return { reason: question_text, questions: [draft], ...withWorker({ ...rename(place), ...data }, envelope) }
}

const answered: Change = ({ answer, ...data }) => ({
  ...data,
  ...(answer === undefined ? {} : { answer: say(answer, 2000) }),
  ...(isObject(answer) ? { values: answer } : {}),
})

const proposed: Change = ({ backlog_item, ...data }) => {
  if (!isObject(backlog_item)) return { ...data, backlog_item }
  const { item_type, parent_id, depends_on, ...item } = backlog_item
  const draft = {
    ...(item_type === undefined ? {} : { kind: item_type }),
    ...(parent_id === undefined ? {} : { parent: parent_id }),
    ...(depends_on === undefined ? {} : { dependsOn: depends_on }),
    ...item,
  }
  return { ...data, items: [draft] }
}

/** Every event type of the old form that is taken in: what it is now, and what changes beside the names. */
const ACCEPTED: Readonly<Record<string, { readonly to: InboundType; readonly change?: Change }>> = {
  'PROJECT.INITIAL_REQUEST_RECEIVED': { to: 'PROJECT.INITIAL_REQUEST_RECEIVED' },
  'BACKLOG.ITEM_CREATED': { to: 'BACKLOG.ITEM_PROPOSED', change: proposed },
  'QUESTION.CREATED': { to: 'CLARIFICATION.NEEDED', change: asked },
  'CLARIFICATION.QUESTION_ASKED': { to: 'CLARIFICATION.NEEDED', change: asked },
  'CLARIFICATION.NEEDED': { to: 'CLARIFICATION.NEEDED', change: withWorker },
  'USER.ANSWER_SUBMITTED': { to: 'CLARIFICATION.ANSWER_PROVIDED', change: answered },
  'CLARIFICATION.ANSWER_PROVIDED': { to: 'CLARIFICATION.ANSWER_PROVIDED', change: answered },
  'WORK.ITEM_STARTED': { to: 'WORK.ITEM_STARTED', change: started },
  'WORK.ITEM_COMPLETED': { to: 'WORK.ITEM_COMPLETED', change: completed },
  'WORK.ITEM_FAILED': { to: 'WORK.ITEM_FAILED', change: failed },
  'WORK.HEARTBEAT': { to: 'WORK.HEARTBEAT', change: withWorker },
  'HUMAN.APPROVAL_SUBMITTED': { to: 'HUMAN.APPROVAL_SUBMITTED' },
}

/** What the old orchestrator told of itself is told by us now, and by nobody else: under these names. */
const OURS: Readonly<Record<string, string>> = {
  'BACKLOG.ITEM_UNBLOCKED': 'BACKLOG.ITEM_UNBLOCKED',
  'QUESTION.ANSWER_RECORDED': 'CLARIFICATION.ANSWER_PROVIDED',
  'WORK.ITEM_DISPATCHED': 'WORK.ITEM_DISPATCHED',
  'WORK.ITEM_REVIEWED': 'WORK.ITEM_REVIEWED',
  'DELIVERABLE.PUBLISHED': 'DELIVERABLE.PUBLISHED, from what WORK.ITEM_COMPLETED hands in',
  'HUMAN.APPROVAL_REQUESTED': 'HUMAN.APPROVAL_REQUESTED',
  'REPORT.PROJECT_SNAPSHOT_PUBLISHED': 'REPORT.PROJECT_SNAPSHOT_PUBLISHED',
  'REPORT.FINAL_PUBLISHED': 'REPORT.FINAL_PUBLISHED',
}

const refuse = (message: string): Invalid => ({
  type: 'invalid',
  part: 'envelope',
  schemaId: LEGACY_SCHEMA_ID,
  problems: [{ path: '/event_type', message }],
})

/** Whether a message is in the old form; what has the marks of both counts as the new one. */
export const isLegacy = (value: unknown): boolean =>
  isObject(value) && 'event_type' in value && !('specversion' in value)

/**
 * A message of the old form as one of ours, still to be parsed as any other: names and envelope are mapped, the
 * payload is not judged. Refuses, by name, types that are unknown and those that only Ropewalk tells.
 */
export const upgradeLegacy = (value: unknown): { readonly type: 'ok'; readonly message: Data } | Invalid => {
  const parsed = LegacyEnvelope.safeParse(value)
  if (!parsed.success) {
    const problems = listProblems(parsed.error)
    return { type: 'invalid', part: 'envelope', schemaId: LEGACY_SCHEMA_ID, problems }
  }
  const { data: old } = parsed
  const { event_type: type } = old
  if (Object.hasOwn(OURS, type)) return refuse(`${type} is told by Ropewalk only, as ${OURS[type]}`)
  const accepted = Object.hasOwn(ACCEPTED, type) ? ACCEPTED[type] : undefined
  if (accepted === undefined) return refuse(`no such event type of the old form: ${type}`)
  const { to, change } = accepted
  const data = rename(old.payload)
  return {
    type: 'ok',
    message: {
      specversion: '1.0',
      id: old.event_id,
      source: `/${old.source.service}/${old.source.instance}`,
      type: to,
      time: old.timestamp,
      data: change === undefined ? data : change(data, old),
      correlationid: old.correlation_id,
      ...(typeof old.causation_id === 'string' ? { causationid: old.causation_id } : {}),
      ...(old.workspace_id === undefined ? {} : { workspaceid: old.workspace_id }),
      ...(old.run_id === undefined ? {} : { runid: old.run_id }),
      // The old form's versions counted the old payloads: what comes out of here is our first.
      eventversion: 1,
    },
  }
}
