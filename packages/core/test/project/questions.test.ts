import { expect, test } from 'vitest'
import { ANNA, asked, BERT, draft, ENGINE, given, worker } from './given.ts'

const ask = (run: ReturnType<typeof given>, key: string, ...questions: readonly unknown[]) =>
  run.accept(
    {
      type: 'NeedClarification',
      ...worker,
      ...run.begin(key),
      reason: 'I miss something.',
      missingFields: ['percent'],
      questions,
    },
    ENGINE,
  )
const kinds = (decision: { readonly effects: readonly { readonly kind: string }[] }) =>
  decision.effects.map(({ kind }) => kind)

test('an autonomous project asks nobody: the default is assumed at once and the work goes on', () => {
  const run = given()
  run.start([draft('a')], { mode: 'autonomous', questions: [{ ...asked('start'), items: [] }] })
  const decision = ask(run, 'a', asked('percent'))
  expect(kinds(decision)).toEqual([])
  expect(run.openQuestions()).toEqual([])
  expect(run.project).toMatchObject({
    parameters: { start: 20, percent: 20 },
    assumptions: 2,
    openQuestions: 0,
  })
  expect(run.item('a').status).toBe('ready')
  expect(run.types()).toEqual(
    expect.arrayContaining(['CLARIFICATION.QUESTION_ASKED', 'CLARIFICATION.QUESTION_CLOSED']),
  )
  expect(run.questions().map(({ status, decidedKind }) => [status, decidedKind])).toEqual([
    ['closed', 'policy'],
    ['closed', 'policy'],
  ])
})

test('an autonomous worker that asks for ever comes to an end', () => {
  const run = given()
  run.start([draft('a')], { mode: 'autonomous' })
  for (let round = 1; round <= 10; round += 1) ask(run, 'a', asked('percent'))
  expect(run.item('a')).toMatchObject({ status: 'failed', failureCategory: 'DATA_INSUFFICIENCY' })
})

test.each([
  ['hybrid', 'low', 'wait', 'closed', false],
  ['hybrid', 'medium', 'wait', 'open', false],
  ['hybrid', 'medium', 'decide', 'open', true],
  ['hybrid', 'high', 'escalate', 'open', true],
  ['human', 'low', 'wait', 'open', false],
  ['human', 'high', 'escalate', 'open', false],
  ['human', 'low', 'decide', 'open', true],
] as const)(
  '%s, risk %s, policy %s: the question is %s, with a deadline: %s',
  (mode, risk, policy, status, hasDeadline) => {
    const run = given()
    run.start([draft('a')], { mode })
    ask(run, 'a', asked('percent', { risk, policy }))
    const [question] = run.questions()
    expect(question?.status).toBe(status)
    expect(question?.deadlineAt !== null).toBe(hasDeadline)
    expect(run.item('a').status).toBe(status === 'open' ? 'blocked' : 'ready')
  },
)

test('the item is blocked while the question is open and ready after, with the answer as a parameter', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  expect(kinds(ask(run, 'a', asked('percent')))).toEqual(['notify-question'])
  expect(run.item('a')).toMatchObject({ status: 'blocked', openQuestions: 1, batches: 0 })
  expect(run.openTasks('a')).toEqual([])
  ask(run, 'b', asked('percent'))
  expect(run.questions()).toHaveLength(1)
  expect(run.project.status).toBe('awaiting_input')
  const [question] = run.questions()
  const answer = { type: 'AnswerProjectQuestion', questionId: question?.id, answer: 'as values' }
  const refused = run.refuse({ ...answer, values: { percent: 400 } })
  expect(refused.message).toContain('percent: expected a number, at least 0, at most 100, got 400')
  expect(run.refuse({ ...answer, values: { other: 1 } }).message).toContain('no such field')
  expect(run.refuse({ ...answer, answer: 'a lot', values: null }).message).toContain('got nothing')
  run.accept({ ...answer, answer: '30 %', values: null })
  expect(run.status('a', 'b')).toEqual(['ready', 'ready'])
  expect(run.project).toMatchObject({ parameters: { percent: 30 }, openQuestions: 0, status: 'in_progress' })
  expect(run.of('CLARIFICATION.ANSWER_PROVIDED').at(-1)).toMatchObject({
    status: 'accepted',
    decidedBy: 'anna',
    decidedKind: 'person',
  })
  expect(run.of('BACKLOG.ITEM_UNBLOCKED').map(({ questionId }) => questionId)).toEqual([
    question?.id,
    question?.id,
  ])
  expect(run.questions()[0]?.status).toBe('closed')
})

test('while a question is about the whole project nothing is ready', () => {
  const run = given()
  run.start([draft('a')], { questions: [{ ...asked('percent'), items: [] }] })
  expect(run.status('a')).toEqual(['created'])
  expect(run.project.status).toBe('awaiting_input')
  run.accept({ type: 'SetParameters', parameters: { percent: 10 } })
  expect(run.openQuestions()).toEqual([])
  expect(run.item('a').status).toBe('ready')
})

test('only a person changes a decided answer; what was built on the old one is named, what was not begun is given out anew', () => {
  const run = given()
  run.start([draft('a', { needs: ['percent'] }), draft('b', { needs: ['percent'] })], {
    questions: [{ ...asked('percent'), items: ['a', 'b'] }],
  })
  const [question] = run.questions()
  const answer = { type: 'AnswerProjectQuestion', questionId: question?.id, answer: '10', values: null }
  run.accept(answer)
  run.finish('a')
  run.dispatch('b')
  expect(run.refuse({ ...answer, answer: '20' }).code).toBe('ALREADY_DECIDED')
  expect(run.refuse({ ...answer, answer: '20', change: true }, { kind: 'agent', id: 'x' }).code).toBe(
    'FORBIDDEN',
  )
  const changed = run.accept({ ...answer, answer: '20', change: true })
  expect(changed.answer).toMatchObject({ stale: [run.id('a')], version: 3 })
  expect(run.item('a').status).toBe('done')
  expect(run.item('b')).toMatchObject({ status: 'ready', batches: 0 })
  expect(run.project.parameters).toEqual({ percent: 20 })
})

test('at its deadline a question takes its default, or people are told again and it goes on waiting', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  ask(run, 'a', asked('percent', { policy: 'decide' }))
  ask(run, 'b', asked('rate', { policy: 'escalate' }))
  const [one, two] = run.questions()
  const decide = (questionId: string | undefined) => ({
    type: 'DecideProjectQuestionByPolicy',
    questionId,
    version: 1,
  })
  expect(run.refuse(decide(one?.id), ENGINE).code).toBe('CONFLICT')
  run.wait(120_000)
  run.accept(decide(one?.id), ENGINE)
  expect(run.project.parameters).toEqual({ percent: 20 })
  expect(kinds(run.accept(decide(two?.id), ENGINE))).toEqual(['notify-question'])
  expect(run.status('a', 'b')).toEqual(['ready', 'blocked'])
  expect(run.openQuestions()).toMatchObject([{ version: 2, deadlineAt: null }])
  expect(run.refuse(decide(two?.id), ENGINE).code).toBe('CONFLICT')
})

test('an item that waits for others too is not blocked by a question before its turn comes', () => {
  const run = given()
  run.start([draft('a'), draft('b', { dependsOn: ['a'] })], {
    questions: [{ ...asked('percent'), items: ['b'] }],
  })
  expect(run.status('a', 'b')).toEqual(['ready', 'created'])
  run.finish('a')
  expect(run.item('b')).toMatchObject({
    status: 'blocked',
    blockedReason: 'Waits for an answer: What is percent?',
  })
})

test('approval takes as many persons as the quorum, one vote each', () => {
  const run = given()
  run.start([draft('a', { approvals: 2 }), draft('b', { dependsOn: ['a'] })])
  run.finish('a')
  expect(run.item('a').status).toBe('in_review')
  const vote = { type: 'SubmitApproval', questionId: run.questions()[0]?.id, approved: true, notes: '' }
  expect(run.refuse(vote, ENGINE).code).toBe('FORBIDDEN')
  expect(run.accept(vote, ANNA).answer).toMatchObject({ decided: false, votes: 1, quorum: 2 })
  expect(run.refuse(vote, ANNA).code).toBe('ALREADY_DECIDED')
  run.accept(
    { type: 'AnswerProjectQuestion', questionId: vote.questionId, answer: 'approve', values: null },
    BERT,
  )
  expect(run.status('a', 'b')).toEqual(['done', 'ready'])
  expect(run.refuse(vote, BERT).code).toBe('ALREADY_DECIDED')
})

test('a rejection decides at once: the item is mended for its reason, and fails when rounds are used up', () => {
  const run = given()
  run.start([draft('a', { approvals: 2 })])
  for (const round of [1, 2, 3]) {
    run.finish('a')
    const questionId = run.openQuestions()[0]?.id
    if (round === 1)
      expect(run.refuse({ type: 'SubmitApproval', questionId, approved: false, notes: '' }).code).toBe(
        'INVALID_ARGUMENT',
      )
    run.accept({ type: 'SubmitApproval', questionId, approved: false, notes: 'too long' })
    expect(run.item('a')).toMatchObject({
      status: round < 3 ? 'ready' : 'failed',
      reasons: ['too long'],
      failures: round,
    })
  }
})

test('an autonomous project records its policy as the approver', () => {
  const run = given()
  run.start([draft('a', { approvals: 2 })], { mode: 'autonomous' })
  run.finish('a')
  expect(run.item('a').status).toBe('done')
  expect(run.of('HUMAN.APPROVAL_SUBMITTED')).toMatchObject([
    { by: 'policy', byKind: 'policy', approved: true, decided: true },
  ])
})

test('leave that is asked for parks an item; refused, the item is cancelled', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  for (const key of ['a', 'b'])
    run.accept({ type: 'RequestApproval', itemId: run.id(key), reason: 'It costs money.' })
  expect(run.status('a', 'b')).toEqual(['blocked', 'blocked'])
  const [one, two] = run.openQuestions()
  run.accept({ type: 'SubmitApproval', questionId: one?.id, approved: true, notes: '' })
  run.accept({ type: 'SubmitApproval', questionId: two?.id, approved: false, notes: 'too dear' })
  expect(run.status('a', 'b')).toEqual(['ready', 'cancelled'])
})

test('a question closes only by an answer or an assumption, also when its item is cancelled', () => {
  const run = given()
  run.start([draft('a')])
  ask(run, 'a', asked('percent'))
  run.accept({ type: 'CancelItem', itemId: run.id('a'), reason: 'not wanted' })
  expect(run.questions()).toMatchObject([
    { status: 'closed', values: null, answer: 'No longer needed: not wanted' },
  ])
  expect(run.project.openQuestions).toBe(0)
})

test('parameters have a limit', () => {
  const run = given()
  run.start([draft('a')])
  const long = Object.fromEntries(['a', 'b'].map((name) => [name, 'x'.repeat(1800)]))
  expect(run.refuse({ type: 'SetParameters', parameters: long }).code).toBe('PAYLOAD_TOO_LARGE')
})
