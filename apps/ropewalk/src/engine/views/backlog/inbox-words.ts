import type { InboxAct, InboxEntry, InboxKind } from '@ropewalk/core/contract/api/inbox'
import { QuestionForm } from '@ropewalk/core/contract/project-question'
import type { ItemId, ProjectId, QuestionId, RunId, WaiverId } from '@ropewalk/core/ids'

/** A row of the inbox's statement. */
export type InboxRow = {
  readonly kind: InboxKind
  readonly rank: number
  readonly id: string
  readonly projectId: ProjectId | null
  readonly runId: RunId | null
  readonly itemId: ItemId | null
  readonly itemIds: string | null
  readonly of: string | null
  readonly title: string
  readonly detail: string
  readonly risk: InboxEntry['risk']
  readonly since: string
  readonly deadlineAt: string | null
  readonly policy: 'wait' | 'decide' | 'escalate' | null
  readonly defaultAnswer: string | null
  readonly form: string | null
  readonly quorum: number | null
}

const act = (of: Omit<InboxAct, 'method' | 'body'> & Partial<InboxAct>): InboxAct => ({
  method: 'POST',
  body: null,
  ...of,
})

/** Answers of a form with one field that has a list, or is yes or no. */
const getChoices = (
  form: string | null,
): { readonly field: string; readonly values: readonly (string | number | boolean)[] } | undefined => {
  if (form === null) return undefined
  const parsed = QuestionForm.safeParse(JSON.parse(form))
  if (!parsed.success) return undefined
  const [entry, ...others] = Object.entries(parsed.data.properties)
  if (entry === undefined || others.length > 0) return undefined
  const [field, { enum: values, type }] = entry
  if (values !== undefined) return { field, values }
  return type === 'boolean' ? { field, values: [true, false] } : undefined
}

/** The names of a form's fields. */
const listFields = (form: string | null): readonly string[] => {
  const parsed = form === null ? undefined : QuestionForm.safeParse(JSON.parse(form))
  return parsed?.success === true ? Object.keys(parsed.data.properties) : []
}

/** How an answer is given at a terminal: in words, or each of several things by its name. */
const tellAnswer = (form: string | null): string => {
  const fields = listFields(form)
  return fields.length < 2 ? '--text "…"' : fields.map((field) => `--set ${field}=…`).join(' ')
}

const askValues = (fields: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(fields.map((field) => [field, '…']))

const tellSilence = ({ kind, projectId, deadlineAt, policy, defaultAnswer }: InboxRow): string => {
  switch (kind) {
    case 'budget':
      return 'The run stays paused; nothing is lost.'
    case 'waiver':
      return 'The gate stays shut; the run goes on mending as long as it has rounds left.'
    case 'failed-item':
      return 'What waits for it stays blocked.'
    case 'persons-item':
      return 'It stays to be done, and what waits for it with it.'
    case 'blocked-item':
      return 'Nobody is given it.'
    case 'dead-letters':
      return 'They rest where they are; nothing else is held up by them.'
    case 'approval':
    case 'question': {
      const owner = projectId === null ? 'run' : 'project'
      if (deadlineAt === null || policy === 'wait')
        return `It waits for as long as it takes; what depends on it in the ${owner} stands still.`
      // The instant has a field of its own, which each reader shows in a way of its own.
      if (policy === 'escalate') return 'At the deadline people are told again; it goes on waiting.'
      return `At the deadline its default is taken: ${defaultAnswer ?? ''}`
    }
  }
}

const tellWhy = ({ kind, detail, itemIds, projectId, quorum }: InboxRow): string => {
  if (kind !== 'question' && kind !== 'approval') return detail
  const count = itemIds === null ? 0 : (JSON.parse(itemIds) as unknown[]).length
  const held =
    projectId === null
      ? 'The run waits for it.'
      : count === 0
        ? 'The whole project waits for it.'
        : `${count === 1 ? 'One item waits' : `${count} items wait`} for it.`
  const votes = kind === 'approval' && (quorum ?? 1) > 1 ? ` It takes ${quorum} persons.` : ''
  return `${detail} ${held}${votes}`
}

const listActs = (row: InboxRow): InboxAct[] => {
  const { kind, id, form } = row
  switch (kind) {
    case 'budget':
      return [
        act({
          about: 'Give it more money; it then goes on.',
          command: `./ropewalk runs resume ${id} --budget USD`,
          path: `/v1/runs/${id}/budget`,
          body: { addUsd: 1 },
        }),
      ]
    case 'approval':
      return [
        act({
          about: 'Say yes.',
          command: `./ropewalk approve ${id}`,
          path: `/v1/approvals/${id}`,
          body: { approved: true, notes: '' },
        }),
        act({
          about: 'Say no, and why.',
          command: `./ropewalk approve ${id} --reject --why "…"`,
          path: `/v1/approvals/${id}`,
          body: { approved: false, notes: '…' },
        }),
      ]
    case 'question': {
      const choices = getChoices(form)
      const path = `/v1/questions/${id}/answer`
      const fields = listFields(form)
      if (choices === undefined)
        return [
          act({
            about: 'Answer it.',
            command: `./ropewalk answer ${id} ${tellAnswer(form)}`,
            path,
            body: fields.length < 2 ? { answer: '…' } : { answer: '…', values: askValues(fields) },
          }),
        ]
      return choices.values.map((value) =>
        act({
          about: `Answer: ${String(value)}.`,
          command: `./ropewalk answer ${id} --choice ${JSON.stringify(String(value))}`,
          path,
          body: { answer: String(value), values: { [choices.field]: value } },
        }),
      )
    }
    case 'waiver':
      return [
        act({
          about: 'Approve it.',
          command: `./ropewalk waiver approve ${id} --run ${row.runId ?? 'last'}`,
          path: `/v1/waivers/${id}/approve`,
          body: {},
        }),
        act({
          about: 'Reject it, and say why.',
          command: `./ropewalk waiver reject ${id} --run ${row.runId ?? 'last'} --why "…"`,
          path: `/v1/waivers/${id}/reject`,
          body: { reason: '…' },
        }),
      ]
    case 'failed-item':
      return [
        act({
          about: 'Try it again.',
          command: `./ropewalk backlog retry ${id}`,
          path: `/v1/items/${id}/retry`,
          body: {},
        }),
        act({
          about: 'Go on without it.',
          // What has failed is over: it can be retried or taken out, not cancelled.
          command: `./ropewalk backlog delete ${id} --why "…"`,
          method: 'DELETE',
          path: `/v1/items/${id}`,
          body: null,
        }),
      ]
    case 'persons-item':
      return [
        act({
          about: 'Say that it is done, and what was done.',
          command: `./ropewalk backlog review ${id} approve --why "…"`,
          path: `/v1/items/${id}/review`,
          body: { result: 'approved', notes: '…' },
        }),
        act({
          about: 'Have a worker do it.',
          command: `./ropewalk backlog update ${id} --capability NAME`,
          method: 'GET',
          path: `/v1/items/${id}`,
        }),
      ]
    case 'blocked-item':
      return [
        act({
          about: 'Take it up again.',
          command: `./ropewalk backlog unblock ${id}`,
          path: `/v1/items/${id}/unblock`,
          body: {},
        }),
      ]
    case 'dead-letters':
      return [
        act({
          about: 'Look at them; then send them again or drop them.',
          command: './ropewalk dlq list',
          method: 'GET',
          path: '/v1/dead-letters',
        }),
      ]
  }
}

/** A row as an entry with its words: why, what happens in silence, and how to act. */
export const makeInboxEntry = (row: InboxRow): InboxEntry => {
  const { kind, id, itemIds, projectId, runId } = row
  const isQuestion = kind === 'question' || kind === 'approval'
  const waiting = itemIds === null ? [] : (JSON.parse(itemIds) as ItemId[])
  const choices = kind === 'question' ? getChoices(row.form) : undefined
  return {
    kind,
    rank: row.rank,
    owner: projectId !== null ? 'project' : runId !== null ? 'run' : 'workspace',
    projectId,
    runId,
    itemId: row.itemId ?? waiting[0] ?? null,
    questionId: isQuestion ? (id as QuestionId) : null,
    waiverId: kind === 'waiver' ? (id as WaiverId) : null,
    of: row.of ?? '',
    title: row.title,
    why: tellWhy(row),
    risk: row.risk,
    since: row.since,
    deadlineAt: row.deadlineAt,
    ifNobodyAnswers: tellSilence(row),
    choices: kind === 'approval' ? ['approve', 'reject'] : (choices?.values.map(String) ?? []),
    acts: listActs(row),
  }
}
