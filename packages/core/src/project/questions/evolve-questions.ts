import { type Evolvers, unchanged } from '../evolver.ts'
import { patchItem } from '../items/put-item.ts'
import { expectItem, expectProject, expectProjectQuestion, patchProject, putQuestion } from '../patch.ts'
import type { ProjectQuestion, ProjectState } from '../state.ts'
import { applyReview } from '../work/evolve-work.ts'

/** Moves the counts of open questions by `by`: the project's and those of the items that wait. */
const countOpen = (
  state: ProjectState,
  { itemIds }: ProjectQuestion,
  { by, at }: { readonly by: number; readonly at: string },
): ProjectState => {
  const project = expectProject(state)
  let after = patchProject(state, {
    openQuestions: project.openQuestions + by,
    openProjectQuestions: project.openProjectQuestions + (itemIds.length === 0 ? by : 0),
  })
  for (const id of itemIds) {
    const item = after.items.get(id)
    // A deleted item is not loaded, and waits for nothing.
    if (item && !item.isDeleted) after = patchItem(after, id, { openQuestions: item.openQuestions + by }, at)
  }
  return after
}

const UNDECIDED = {
  status: 'open',
  version: 1,
  escalatedAt: null,
  answer: null,
  values: null,
  decidedBy: null,
  decidedKind: null,
  votes: [],
  decidedAt: null,
} as const satisfies Partial<ProjectQuestion>

const ask = (state: ProjectState, question: ProjectQuestion): ProjectState =>
  countOpen(putQuestion(state, question), question, { by: 1, at: question.createdAt })

/** Questions and approvals: asked, told again, decided (perhaps anew), closed. */
export const questionEvolvers: Evolvers<
  | 'CLARIFICATION.AMBIGUITY_FOUND'
  | 'CLARIFICATION.NEEDED'
  | 'CLARIFICATION.QUESTION_ASKED'
  | 'CLARIFICATION.QUESTION_ESCALATED'
  | 'CLARIFICATION.ANSWER_PROVIDED'
  | 'CLARIFICATION.QUESTION_CLOSED'
  | 'HUMAN.APPROVAL_REQUESTED'
  | 'HUMAN.APPROVAL_SUBMITTED'
> = {
  'CLARIFICATION.AMBIGUITY_FOUND': unchanged,
  'CLARIFICATION.NEEDED': unchanged,
  'CLARIFICATION.QUESTION_ASKED': (state, { questionId, ...asked }, at) =>
    ask(state, {
      ...asked,
      ...UNDECIDED,
      id: questionId,
      projectId: expectProject(state).id,
      quorum: 1,
      createdAt: at,
    }),
  'CLARIFICATION.QUESTION_ESCALATED': (state, { questionId, version }, at) =>
    putQuestion(state, {
      ...expectProjectQuestion(state, questionId),
      version,
      deadlineAt: null,
      escalatedAt: at,
    }),
  'CLARIFICATION.ANSWER_PROVIDED': (state, data, at) => {
    const { questionId, answer, values, status, decidedBy, decidedKind, version } = data
    const question = expectProjectQuestion(state, questionId)
    const decided = { ...question, answer, values, status, decidedBy, decidedKind, version, decidedAt: at }
    const told = putQuestion(state, decided)
    // An assumption that a person replaces is none any more; one that is replaced for good stays counted once.
    const was = question.decidedKind === 'policy' && question.status !== 'open' ? 1 : 0
    const change = (status === 'assumed' ? 1 : 0) - was
    const counted = patchProject(told, { assumptions: expectProject(told).assumptions + change })
    return question.status === 'open' ? countOpen(counted, question, { by: -1, at }) : counted
  },
  'CLARIFICATION.QUESTION_CLOSED': (state, { questionId }) =>
    putQuestion(state, { ...expectProjectQuestion(state, questionId), status: 'closed' }),
  'HUMAN.APPROVAL_REQUESTED': (state, data, at) => {
    const { questionId, itemId, agent, reason, quorum, risk, policy, deadlineAt } = data
    const item = expectItem(state, itemId)
    return ask(state, {
      ...UNDECIDED,
      id: questionId,
      projectId: item.projectId,
      itemIds: [itemId],
      kind: 'approval',
      askedBy: agent,
      text: `Approve "${item.title}"? ${reason}`,
      fields: [],
      form: null,
      defaultAnswer: 'approve',
      defaultValues: {},
      impact: 'The item does not go on before this is decided; what is rejected is mended.',
      risk,
      policy,
      deadlineAt,
      quorum,
      createdAt: at,
    })
  },
  'HUMAN.APPROVAL_SUBMITTED': (state, data, at) => {
    const { questionId, itemId, approved, notes, by, byKind, decided, version } = data
    const question = expectProjectQuestion(state, questionId)
    const votes = [...question.votes, { by, approved, notes, at }]
    if (!decided) return putQuestion(state, { ...question, votes, version })
    const answer = approved ? 'approve' : `reject: ${notes}`
    const kept = putQuestion(state, {
      ...question,
      votes,
      version,
      answer,
      status: 'accepted',
      decidedBy: by,
      decidedKind: byKind,
      decidedAt: at,
    })
    const counted = countOpen(kept, question, { by: -1, at })
    if (expectItem(counted, itemId).status !== 'in_review') return counted
    const reasons = notes === '' ? [] : [notes]
    return applyReview(counted, { itemId, to: approved ? 'done' : 'in_progress', approved, reasons, at })
  },
}
