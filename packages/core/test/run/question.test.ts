import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QuestionDraft } from '../../src/contract/question.ts'
import { ANNA, dataOf, given, onRun, twoPhases, types } from './given.ts'

const asked = {
  text: 'Public or private?',
  category: 'clarification',
  priority: 'high',
  decisionImpact: 'Everything.',
  defaultAnswer: 'public',
} as const

const never = (): never => {
  throw new Error('no task is open')
}

const asking = (
  mode: 'hybrid' | 'human' | 'autonomous' = 'hybrid',
  count = 1,
  prd: Record<string, unknown> = {},
  rest: Partial<QuestionDraft> = {},
) => {
  const run = given(twoPhases({ clarification: mode }, prd))
  run.start()
  const decision = run.complete('writer', {
    questions: Array.from({ length: count }, () => ({ ...asked, ...rest })),
  })
  const answer = (text = 'private', change?: boolean) => ({
    type: 'AnswerQuestion' as const,
    ...onRun,
    questionId: run.question().id,
    answer: text,
    ...(change === undefined ? {} : { change }),
  })
  const decide = (version = 1) => ({
    type: 'DecideQuestionByPolicy' as const,
    ...onRun,
    questionId: run.question().id,
    version,
  })
  return { run, decision, answer, decide }
}

describe('a question', () => {
  test('holds its phase, its clock and, with nothing else to do, the run', () => {
    const { run, decision } = asking()
    expect(types(decision)).toEqual([
      'artifact.created',
      'task.completed',
      'CLARIFICATION.QUESTION_ASKED',
      'phase.progress',
      'run.awaiting_human',
      'phase.clock_stopped',
    ])
    expect(decision.effects).toMatchObject([
      { kind: 'question-deadline', fireAt: '2026-01-01T00:01:00.000Z', ref: { version: 1 } },
      { kind: 'notify-question', ref: { questionId: run.question().id, version: 1 } },
    ])
    expect(run.run).toMatchObject({ status: 'awaiting_human', openQuestions: 1 })
    expect(run.phase('prd')).toMatchObject({ deadlineAt: null, timeLeftMs: 3_600_000, openQuestions: 1 })
  })

  test('once answered lets the run go on, with the time it had left', () => {
    const { run, answer } = asking()
    run.wait(50_000)
    const decision = run.accepted(answer(), ANNA)
    expect(types(decision)).toEqual([
      'CLARIFICATION.ANSWER_PROVIDED',
      'run.human_done',
      'task.created',
      'phase.clock_set',
    ])
    expect(dataOf(decision, 'CLARIFICATION.ANSWER_PROVIDED')).toMatchObject({
      status: 'accepted',
      decidedBy: 'anna',
      decidedKind: 'person',
      version: 2,
    })
    expect(run.phase('prd').deadlineAt).toBe('2026-01-01T01:00:50.000Z')
    expect(run.open().map((task) => task.agent)).toEqual(['cutter'])
  })

  test('takes its default at its deadline, not before, and as an assumption', () => {
    const { run, decide } = asking()
    expect(run.refused(decide()).code).toBe('CONFLICT')
    run.wait(60_000)
    expect(run.refused(decide(2)).code).toBe('CONFLICT')
    const decision = run.accepted(decide())
    expect(dataOf(decision, 'CLARIFICATION.ANSWER_PROVIDED')).toMatchObject({
      answer: 'public',
      status: 'assumed',
      decidedKind: 'policy',
    })
    expect(run.phase('prd').assumptions).toBe(1)
  })

  test('is decided by whoever comes first; the other is told by whom', () => {
    const first = asking()
    first.run.wait(60_000)
    first.run.accepted(first.decide())
    expect(first.run.refused(first.answer(), ANNA)).toMatchObject({
      code: 'ALREADY_DECIDED',
      details: { decidedBy: 'policy' },
    })
    const second = asking()
    second.run.accepted(second.answer(), ANNA)
    second.run.wait(60_000)
    expect(second.run.refused(second.decide())).toMatchObject({ details: { decidedBy: 'anna' } })
  })

  test('in an autonomous run is assumed at once, and nothing waits', () => {
    const { run, decision } = asking('autonomous')
    expect(types(decision)).toEqual([
      'artifact.created',
      'task.completed',
      'CLARIFICATION.QUESTION_ASKED',
      'CLARIFICATION.ANSWER_PROVIDED',
      'phase.progress',
      'task.created',
    ])
    expect(dataOf(decision, 'CLARIFICATION.QUESTION_ASKED').deadlineAt).toBeNull()
    expect(run.question()).toMatchObject({ status: 'assumed', answer: 'public' })
  })

  test('beyond the limit of its phase is assumed at once', () => {
    const { run } = asking('human', 4)
    expect([...run.state.questions.values()].map(({ status }) => status)).toEqual([
      'open',
      'open',
      'open',
      'assumed',
    ])
    expect(run.run.openQuestions).toBe(3)
  })

  test('holds the gate of its phase as well', () => {
    const { run, answer } = asking()
    run.accepted(answer(), ANNA)
    run.complete('cutter', { questions: [asked] })
    expect(run.phase('prd').status).toBe('running')
    run.accepted(answer(), ANNA)
    expect(run.phase('prd').status).toBe('gating')
  })

  test('may be answered while the run is paused; the next tasks wait for the resume', () => {
    const { run, answer } = asking()
    run.signal('pause')
    run.accepted(answer(), ANNA)
    expect(run.run.status).toBe('paused')
    expect(run.open('pending').map((task) => task.agent)).toEqual(['cutter'])
    run.signal('resume')
    expect(run.open().map((task) => task.agent)).toEqual(['cutter'])
  })

  test('rests once the run was cancelled', () => {
    const { run, answer, decide } = asking()
    const cancelled = run.signal('cancel')
    expect(cancelled.type === 'accepted' && types(cancelled)).toContain('CLARIFICATION.QUESTION_CLOSED')
    expect(run.question().status).toBe('closed')
    expect(run.refused(answer(), ANNA).code).toBe('RUN_ALREADY_FINISHED')
    expect(run.refused(decide()).code).toBe('RUN_ALREADY_FINISHED')
  })

  test('of a failed run may be answered, and keeps its deadline over the retry', () => {
    const { run, decide } = asking()
    run.wait(1000)
    run.signal('cancel', { target: 'phase', targetId: 'prd' })
    expect(run.run.status).toBe('failed')
    const retried = run.signal('retry')
    expect(retried.type === 'accepted' && retried.effects.map(({ kind }) => kind)).toContain(
      'question-deadline',
    )
    run.complete('writer')
    expect(run.run.status).toBe('awaiting_human')
    run.wait(60_000)
    run.accepted(decide())
    expect(run.run.status).toBe('running')
  })

  test('that is not there, and an answer no ledger entry holds, are refused', () => {
    const { run, answer } = asking()
    const missing = { ...answer(), questionId: run.question().id.replace(/^./u, 'f') as never }
    expect(run.refused(missing, ANNA).code).toBe('NOT_FOUND')
    expect(run.refused(answer('漢'.repeat(3000)), ANNA).code).toBe('PAYLOAD_TOO_LARGE')
  })
})

describe('changing an answer', () => {
  test('begins the phase anew, once work was given out upon the old one', () => {
    const { run, answer } = asking()
    run.accepted(answer(), ANNA)
    run.complete('cutter')
    run.judge(1)
    const decision = run.accepted(answer('secret', true), ANNA)
    expect(dataOf(decision, 'CLARIFICATION.ANSWER_PROVIDED')).toMatchObject({ version: 3, answer: 'secret' })
    expect(dataOf(decision, 'phase.started')).toMatchObject({ phase: 'prd', round: 1 })
    expect(run.phase('build').status).toBe('pending')
    expect(run.open().map((task) => task.agent)).toEqual(['writer'])
  })

  test('only replaces it while nothing was built upon it', () => {
    const { run, answer } = asking()
    run.accepted(answer(), ANNA)
    run.wait(1000)
    run.complete('cutter', { questions: [asked, asked] })
    run.accepted(answer(), ANNA)
    const decision = run.accepted(answer('secret', true), ANNA)
    expect(types(decision)).toEqual(['CLARIFICATION.ANSWER_PROVIDED'])
    expect(run.question()).toMatchObject({ answer: 'secret', version: 3 })
  })

  test('from assumed to accepted makes one assumption less', () => {
    const { run, answer, decide } = asking()
    run.wait(60_000)
    run.accepted(decide())
    run.accepted(answer('secret', true), ANNA)
    expect(run.phase('prd').assumptions).toBe(0)
  })

  test('is for people only', () => {
    const { run, answer } = asking()
    run.accepted(answer(), ANNA)
    expect(run.refused(answer('secret', true), { kind: 'agent', id: 'bot' }).code).toBe('FORBIDDEN')
  })
})

const FORM = {
  type: 'object',
  properties: {
    sharing: { type: 'string', enum: ['public', 'private'] },
    seats: { type: 'integer', minimum: 1, maximum: 9 },
  },
  required: ['sharing'],
  additionalProperties: false,
} satisfies QuestionDraft['form']

const withForm: Partial<QuestionDraft> = {
  form: FORM,
  fields: ['sharing', 'seats'],
  defaultValues: { sharing: 'public' },
}

describe('the policy of a question', () => {
  test('wait leaves it without a deadline, however long that takes', () => {
    const { run, decision, decide } = asking('hybrid', 1, {}, { policy: 'wait' })
    expect(decision.effects.map(({ kind }) => kind)).toEqual(['notify-question'])
    run.wait(86_400_000)
    expect(run.refused(decide()).code).toBe('CONFLICT')
    expect(run.question()).toMatchObject({ status: 'open', policy: 'wait', deadlineAt: null })
  })

  test('escalate tells people again at the deadline, and the run goes on waiting', () => {
    const { run, answer, decide } = asking('hybrid', 1, {}, { policy: 'escalate', risk: 'high' })
    run.wait(60_000)
    const decision = run.accepted(decide())
    expect(types(decision)).toEqual(['CLARIFICATION.QUESTION_ESCALATED'])
    expect(decision.effects).toMatchObject([
      { kind: 'notify-question', ref: { questionId: run.question().id, version: 2 } },
    ])
    expect(run.question()).toMatchObject({
      status: 'open',
      version: 2,
      deadlineAt: null,
      escalatedAt: run.at(),
    })
    expect(run.run.status).toBe('awaiting_human')
    expect(run.refused(decide()).code).toBe('CONFLICT')
    expect(run.refused(decide(2)).code).toBe('CONFLICT')
    run.accepted(answer(), ANNA)
    expect(run.question()).toMatchObject({ status: 'accepted', version: 3 })
    expect(run.run.status).toBe('running')
  })

  test('in a human run is to wait, unless the asker lets the default be taken', () => {
    expect(asking('human').run.question()).toMatchObject({ deadlineAt: null, policy: 'wait' })
    const left = asking('human', 1, {}, { policy: 'decide', risk: 'low' }).run.question()
    expect(left).toMatchObject({ status: 'open', policy: 'decide' })
    expect(left.deadlineAt).not.toBeNull()
  })

  test('does not matter in a hybrid run where being wrong costs little', () => {
    const { run } = asking(
      'hybrid',
      1,
      {},
      { policy: 'wait', risk: 'low', defaultValues: { sharing: 'public' } },
    )
    expect(run.question()).toMatchObject({ status: 'assumed', values: { sharing: 'public' } })
    expect(run.run.status).toBe('running')
  })

  test('never makes an autonomous run ask anybody', () => {
    const drafts = fc.record<Partial<QuestionDraft>>(
      {
        risk: fc.constantFrom('low', 'medium', 'high'),
        policy: fc.constantFrom('wait', 'decide', 'escalate'),
        form: fc.constantFrom(null, FORM),
        fields: fc.subarray(['sharing', 'seats']),
        defaultValues: fc.constantFrom({}, { sharing: 'private' }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(drafts, fc.integer({ min: 1, max: 5 }), (rest, count) => {
        const { run, decision } = asking('autonomous', count, {}, rest)
        expect(decision.effects.map(({ kind }) => kind)).not.toContain('notify-question')
        expect(decision.effects.map(({ kind }) => kind)).not.toContain('question-deadline')
        expect([...run.state.questions.values()].map(({ status }) => status)).not.toContain('open')
        expect(run.run).toMatchObject({ status: 'running', openQuestions: 0 })
      }),
    )
  })
})

describe('the form of a question', () => {
  test('refuses values that do not fit, with field, what was expected and what it got', () => {
    const { run, answer } = asking('hybrid', 1, {}, withForm)
    const refused = run.refused(
      { ...answer(), values: { sharing: 'secret', seats: 12, colour: 'red' } },
      ANNA,
    )
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: {
        faults: [
          { field: 'sharing', expected: 'one of "public", "private"', got: '"secret"' },
          { field: 'seats', expected: 'a whole number, at least 1, at most 9', got: '12' },
          { field: 'colour', expected: 'no such field (there are: sharing, seats)', got: '"red"' },
        ],
      },
    })
    expect(run.refused(answer('private'), ANNA)).toMatchObject({
      details: { faults: [{ field: 'sharing', got: 'nothing' }] },
    })
  })

  test('keeps the values beside the words, and drops them with a changed answer', () => {
    const { run, answer } = asking('hybrid', 1, {}, withForm)
    run.accepted({ ...answer('for us'), values: { sharing: 'private', seats: 3 } }, ANNA)
    expect(run.question()).toMatchObject({ answer: 'for us', values: { sharing: 'private', seats: 3 } })
    run.accepted({ ...answer('for all', true), values: { sharing: 'public' } }, ANNA)
    expect(run.question()).toMatchObject({ answer: 'for all', values: { sharing: 'public' } })
  })

  test('of one field is filled by words that are a value of it; others stand alone where none is required', () => {
    const form = { ...FORM, properties: { sharing: FORM.properties.sharing }, required: [] }
    const first = asking('hybrid', 1, {}, { form })
    first.run.accepted(first.answer('Private'), ANNA)
    expect(first.run.question()).toMatchObject({ answer: 'Private', values: { sharing: 'private' } })
    const second = asking('hybrid', 1, {}, { form })
    second.run.accepted(second.answer('whatever the board says'), ANNA)
    expect(second.run.question()).toMatchObject({ answer: 'whatever the board says', values: null })
  })

  test('that is not there takes values only for what the question names', () => {
    const { run, answer } = asking('hybrid', 1, {}, { fields: ['owner'] })
    expect(run.refused({ ...answer(), values: { seats: 1 } }, ANNA)).toMatchObject({
      details: { field: 'seats' },
    })
    run.accepted({ ...answer(), values: { owner: 'ed' } }, ANNA)
    expect(run.question().values).toEqual({ owner: 'ed' })
  })

  test('that cannot be filled, or has a default that does not fit, is refused with the result it came with', () => {
    const run = given(twoPhases({}))
    run.start()
    const task = run.claim(run.open()[0] ?? never())
    const complete = (rest: Partial<QuestionDraft>) =>
      run.refused(run.completion(task, { questions: [{ ...asked, ...rest }] }))
    expect(complete({ form: { ...FORM, required: ['colour'] } }).code).toBe('INVALID_ARGUMENT')
    expect(complete({ form: FORM, defaultValues: { seats: 'many' } }).message).toContain(
      'a default for seats',
    )
    const title = 'x'.repeat(190)
    const wide = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`f${index}`, { type: 'string' as const, title }]),
    )
    expect(complete({ form: { ...FORM, properties: wide, required: [] } }).code).toBe('PAYLOAD_TOO_LARGE')
  })
})
