import { addMs, refuse, type Refused } from '../../decision.ts'
import { QuestionId } from '../../ids.ts'
import { clipText } from '../../clip.ts'
import { makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getPhasePlan } from '../plan/find-in-plan.ts'
import { announceQuestion, armDeadline } from '../question/ask-questions.ts'
import type { Question } from '../state.ts'
import { failGate } from './fail-gate.ts'
import type { Judgement } from './judge-gate.ts'
import { passPhase } from './pass-gate.ts'

export const APPROVE = 'approve'

/** Whether a person has a say once the gate of a phase has passed. */
export const needsApproval = (draft: Draft, name: string): boolean =>
  getPhasePlan(expectPlan(draft.state), name).definition.approval &&
  expectRun(draft.state).mode !== 'autonomous'

/** Asks whether a person approves what the gate has passed; until then nothing after the phase starts. */
export const askApproval = (draft: Draft, name: string): void => {
  const plan = expectPlan(draft.state)
  const { title } = getPhasePlan(plan, name).definition
  const { score, packId } = expectPhase(draft.state, name)
  const evidence = packId === null ? '' : ` (evidence ${packId.slice(0, 12)})`
  const questionId = QuestionId.parse(makeId(draft))
  const waits = expectRun(draft.state).mode === 'human'
  addEvent(draft, 'CLARIFICATION.QUESTION_ASKED', {
    questionId,
    kind: 'approval',
    phase: name,
    taskId: null,
    askedBy: 'gate',
    text: `Approve ${title}? Its gate has passed with a score of ${(score ?? 1).toFixed(2)}${evidence}. Answer "approve", or "reject: " and why.`,
    category: 'validation',
    priority: 'high',
    decisionImpact: `No phase that needs ${name} starts before this is decided; a rejection has it mended.`,
    defaultAnswer: APPROVE,
    deadlineAt: waits ? null : addMs(draft.stamp.at, plan.policies.question_deadline_ms),
    policy: waits ? 'wait' : 'decide',
  })
  armDeadline(draft, questionId)
  announceQuestion(draft, questionId)
}

/** The decision that an answer's text stands for. */
const parseDecision = (answer: string): { readonly reason: string | null } | undefined => {
  const said = answer.trim()
  if (/^approved?[.!]?$/iu.test(said)) return { reason: null }
  const reason = /^reject(?:ed)?\s*:\s*(\S[\s\S]*)$/iu.exec(said)?.[1]
  return reason === undefined ? undefined : { reason }
}

/** Why an answer to an approval is not taken. */
export const findApprovalRefusal = (
  draft: Draft,
  question: Question,
  answer: string,
): Refused | undefined => {
  const { status } = expectRun(draft.state)
  if (expectPhase(draft.state, question.phase).approvalId !== question.id)
    return refuse('CONFLICT', 'The phase has gone on; this approval is no longer asked for.')
  if (status === 'planned' || status === 'failed')
    return refuse('INVALID_TRANSITION', `The run is ${status}; retry it, then decide.`, { status })
  return parseDecision(answer)
    ? undefined
    : refuse('INVALID_ARGUMENT', 'An approval is answered by "approve", or by "reject: " and why.')
}

/** What a rejection asks for, in the form of a judgement: everything that must be handed in, for one reason. */
const makeJudgement = (draft: Draft, name: string, reason: string): Judgement => {
  const { definition } = getPhasePlan(expectPlan(draft.state), name)
  const { score, outputs } = expectPhase(draft.state, name)
  const { review } = definition.gate
  const required = definition.required_artifacts.filter((artifact) => Object.hasOwn(outputs, artifact))
  const artifacts = review ? [review.artifact] : required.length > 0 ? required : Object.keys(outputs)
  const why = clipText(reason, 300)
  const report = {
    guard: 'approval',
    type: 'approval',
    pass: false,
    outcome: 'fail',
    score: 0,
    severity: 'major',
    reasons: [why],
    artifacts,
    timestamp: draft.stamp.at,
    digest: '0'.repeat(64),
  } as const
  return {
    passed: false,
    score: score ?? 0,
    reasons: [why],
    failing: [{ ...report, reasons: [...report.reasons] }],
    missing: [],
    failingRubrics: [],
    relied: [],
  }
}

/** Carries out a decision whose answer is on record: the phase passes, or is mended for the reason given. */
export const applyApproval = (draft: Draft, name: string, answer: string): void => {
  const reason = parseDecision(answer)?.reason ?? null
  if (reason === null) {
    passPhase(draft, name)
    return
  }
  failGate(draft, name, {
    judgement: makeJudgement(draft, name, reason),
    strategy: 'stricter-validation',
    code: 'APPROVAL_REFUSED',
    message: `What ${name} handed in was not approved: ${reason}`,
  })
}
