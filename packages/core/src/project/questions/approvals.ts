import { addMs } from '../../decision.ts'
import { QuestionId } from '../../ids.ts'
import { clipText } from '../../clip.ts'
import { getActor, makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem, expectProject, expectProjectQuestion } from '../patch.ts'
import type { Item, ProjectQuestion } from '../state.ts'
import { announceQuestion, closeQuestion } from './ask-questions.ts'

/** Puts a vote on record; a decision closes the approval. */
export const recordVote = (
  draft: Draft,
  { id }: ProjectQuestion,
  vote: {
    readonly approved: boolean
    readonly notes: string
    readonly decided: boolean
    readonly by?: 'policy'
  },
): void => {
  const { version, votes, quorum, itemIds } = expectProjectQuestion(draft.state, id)
  const [itemId] = itemIds
  if (itemId === undefined) return
  const { kind } = draft.stamp.by
  addEvent(draft, 'HUMAN.APPROVAL_SUBMITTED', {
    questionId: id,
    itemId,
    approved: vote.approved,
    notes: vote.notes === '' ? '' : clipText(vote.notes, 2000, 3000),
    by: vote.by ?? getActor(draft),
    byKind: vote.by ?? (kind === 'engine' ? 'policy' : kind),
    votes: votes.length + 1,
    quorum,
    decided: vote.decided,
    version: version + 1,
  })
  if (vote.decided)
    closeQuestion(draft, expectProjectQuestion(draft.state, id), vote.approved ? 'Approved.' : 'Rejected.')
}

/**
 * Asks persons for leave. An autonomous project asks nobody: its policy approves, and that is on record. A hybrid
 * one tells them again at the deadline and goes on waiting: nobody's silence approves anything.
 */
export const askApproval = (
  draft: Draft,
  item: Item,
  { reason, quorum, agent }: { readonly reason: string; readonly quorum: number; readonly agent: string },
): QuestionId => {
  const { mode, questionDeadlineMs } = expectProject(draft.state)
  const questionId = QuestionId.parse(makeId(draft))
  addEvent(draft, 'HUMAN.APPROVAL_REQUESTED', {
    questionId,
    itemId: item.id,
    agent: clipText(agent, 120, 240),
    reason: clipText(reason, 1500, 3000),
    quorum,
    risk: 'high',
    policy: mode === 'hybrid' ? 'escalate' : mode === 'human' ? 'wait' : 'decide',
    deadlineAt: mode === 'hybrid' ? addMs(draft.stamp.at, questionDeadlineMs) : null,
  })
  if (mode === 'autonomous') {
    const notes = 'The project is autonomous: its policy decides.'
    recordVote(draft, expectProjectQuestion(draft.state, questionId), {
      approved: true,
      notes,
      decided: true,
      by: 'policy',
    })
  } else announceQuestion(draft, questionId)
  return questionId
}

/** The open approval of an item, as far as it was loaded. */
export const findOpenApproval = (draft: Draft, itemId: string): ProjectQuestion | undefined =>
  [...draft.state.questions.values()].find(
    ({ status, kind, itemIds }) =>
      status === 'open' &&
      kind === 'approval' &&
      itemIds.some((id) => id === expectItem(draft.state, itemId).id),
  )
