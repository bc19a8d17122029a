import { describe, expect, test } from 'vitest'
import type { Principal } from '../../src/decision.ts'
import {
  agent,
  ANNA,
  dataOf,
  ENGINE,
  type Given,
  given,
  guarded,
  makePlan,
  onRun,
  output,
  phase,
  twoPhases,
  types,
} from './given.ts'

const POLICY: Principal = { kind: 'policy', id: 'deadline' }

const atGate = (
  clarification: 'human' | 'hybrid' | 'autonomous' = 'human',
  prd: Record<string, unknown> = {},
): Given => {
  const run = given(twoPhases({ clarification }, { approval: true, ...prd }))
  run.start()
  run.complete('writer')
  run.complete('cutter')
  return run
}

const say = (run: Given, answer: string, change?: boolean) => ({
  type: 'AnswerQuestion' as const,
  ...onRun,
  questionId: run.question().id,
  answer,
  change,
})

describe('an approval', () => {
  test('is asked once the gate has passed; nothing after the phase starts before a person approves', () => {
    const run = atGate()
    const decision = run.judge(0.9)
    expect(types(decision)).toEqual([
      'guard.reported',
      'task.completed',
      'evidence.packed',
      'phase.gate.passed',
      'CLARIFICATION.QUESTION_ASKED',
      'run.awaiting_human',
      'phase.clock_stopped',
    ])
    expect(run.question()).toMatchObject({ kind: 'approval', deadlineAt: null, defaultAnswer: 'approve' })
    expect(decision.effects).toEqual([
      { kind: 'notify-question', ref: { questionId: run.question().id, version: 1 } },
    ])
    expect(run.open()).toEqual([])
    const approved = run.accepted(say(run, 'Approve'), ANNA)
    expect(types(approved).slice(0, 3)).toEqual([
      'CLARIFICATION.ANSWER_PROVIDED',
      'phase.completed',
      'run.human_done',
    ])
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
  })

  test('is given or refused by a person alone, in words that say which, and it stands', () => {
    const run = atGate()
    run.judge(1)
    expect(run.refused(say(run, 'approve'), { kind: 'agent', id: 'writer' }).code).toBe('FORBIDDEN')
    expect(run.refused(say(run, 'approve'), ENGINE).code).toBe('FORBIDDEN')
    expect(run.refused(say(run, 'maybe'), ANNA).code).toBe('INVALID_ARGUMENT')
    expect(run.refused(say(run, 'reject:  '), ANNA).code).toBe('INVALID_ARGUMENT')
    run.accepted(say(run, 'approve'), ANNA)
    expect(run.refused(say(run, 'reject: no', true), ANNA).code).toBe('ALREADY_DECIDED')
  })

  test('refused has what must be handed in mended for the reason given, and is asked for again', () => {
    const run = atGate('human', { required_artifacts: ['PRD'] })
    run.judge(1)
    const decision = run.accepted(say(run, 'reject: no word on backups'), ANNA)
    expect(dataOf(decision, 'phase.started')).toMatchObject({
      round: 2,
      stages: [['writer'], ['cutter']],
      fixes: [{ artifact: 'PRD', reasons: ['approval: no word on backups'] }],
    })
    expect(run.run.status).toBe('running')
    run.complete('writer')
    run.complete('cutter')
    run.judge(1)
    expect(run.run.status).toBe('awaiting_human')
    run.accepted(say(run, 'reject: still none'), ANNA)
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'APPROVAL_REFUSED' })
  })

  test('is not asked for by an autonomous run', () => {
    const run = atGate('autonomous')
    run.judge(1)
    expect(run.state.questions.size).toBe(0)
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
  })

  test('in hybrid mode is taken as given at the deadline, and recorded as decided by policy', () => {
    const run = atGate('hybrid')
    expect(run.judge(1).effects).toMatchObject([{ kind: 'question-deadline' }, { kind: 'notify-question' }])
    run.wait(60_000)
    const { id: questionId, version } = run.question()
    run.accepted({ type: 'DecideQuestionByPolicy', ...onRun, questionId, version }, POLICY)
    expect(run.question()).toMatchObject({ status: 'assumed', decidedKind: 'policy' })
    expect(run.phase('prd')).toMatchObject({ status: 'passed', assumptions: 0 })
  })

  test('leaves phases beside it to go on, and outlives the failure of one of them', () => {
    const plan = makePlan(
      [
        phase({ phase: 'prd', agents: ['writer'], approval: true, ...guarded('PRD') }),
        phase({ phase: 'market', agents: ['scout', 'seller'] }),
        phase({ phase: 'build', needs: ['prd', 'market'], agents: ['coder'] }),
      ],
      [
        agent('prd', 'writer', 'PRD'),
        agent('market', 'scout', 'Market'),
        agent('market', 'seller', 'Offer'),
        agent('build', 'coder', 'RepoManifest'),
      ],
      { clarification: 'human' },
    )
    const run = given(plan)
    run.start()
    run.complete('writer')
    run.judge(1)
    expect(run.run.status).toBe('running')
    run.complete('scout')
    run.fail('seller', 'fatal')
    expect([run.run.status, run.phase('prd').status]).toEqual(['failed', 'gating'])
    expect(run.refused(say(run, 'approve'), ANNA).code).toBe('INVALID_TRANSITION')
    run.signal('retry')
    expect(run.open().map((task) => task.agent)).toEqual(['scout'])
    run.accepted(say(run, 'approve'), ANNA)
    expect(run.phase('prd').status).toBe('passed')
    run.complete('scout')
    run.complete('seller')
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
  })

  test('is withdrawn when what it is about changes, or the run is cancelled', () => {
    const run = atGate()
    run.judge(1)
    const edit = { type: 'EditArtifact' as const, ...onRun, output: output('PRD'), phase: 'prd' }
    expect(types(run.accepted(edit, ANNA))).toContain('CLARIFICATION.QUESTION_CLOSED')
    expect(run.refused(say(run, 'approve'), ANNA).code).toBe('CONFLICT')
    run.complete('cutter')
    run.judge(1)
    expect(run.run).toMatchObject({ status: 'awaiting_human', openQuestions: 1 })
    run.signal('cancel')
    expect(run.run).toMatchObject({ status: 'cancelled', openQuestions: 0 })
    expect(run.phase('prd').status).toBe('failed')
  })
})
