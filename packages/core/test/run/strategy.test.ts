import { describe, expect, test } from 'vitest'
import { judgeGate } from '../../src/run/gate/judge-gate.ts'
import { pickStrategy } from '../../src/run/gate/pick-strategy.ts'
import { planFixRound } from '../../src/run/gate/plan-fix-round.ts'
import { agent, dataOf, type Given, given, makePlan, onRun, output, phase } from './given.ts'

const coder = (of: string, name: string, rest: Record<string, unknown> = {}) =>
  agent(of, name, 'SourceCode', { kind: 'coder', capability: 'coder', ...rest })
const tool = (of: string, name: string, made: string, inputs: string[]) =>
  agent(of, name, made, { kind: 'tool', capability: 'tool', inputs })

const code = (commit: string) => output('SourceCode', undefined, { commit: commit.repeat(40) })

/** Security after build: two scanners, a model's review, and a pack of all three. */
const makeSecurity = (fixer: 'coder' | 'model' | null, rubric = 'secrets'): Given => {
  const plan = makePlan(
    [
      phase({ phase: 'build', agents: ['coder'] }),
      phase({
        phase: 'security',
        needs: ['build'],
        parallelism: 'partial',
        agents: ['secrets', 'sast', 'privacy', 'pack'],
        ...(fixer === null ? {} : { fix_agent: 'mender' }),
        gate: { pass: 0.8, max_rounds: 3 },
        guards: [
          { guard: 'scan', artifacts: ['SecretsScan'], rubric },
          { guard: 'packed', artifacts: ['SecurityPack'], rubric: 'whole' },
        ],
        rubrics: { [rubric]: { min: 1, weight: 1 }, whole: { min: 1, weight: 1 } },
      }),
    ],
    [
      coder('build', 'coder'),
      tool('security', 'secrets', 'SecretsScan', ['SourceCode']),
      tool('security', 'sast', 'SastReport', ['SourceCode']),
      agent('security', 'privacy', 'PrivacyReview', { inputs: ['Idea'] }),
      tool('security', 'pack', 'SecurityPack', ['SecretsScan', 'SastReport', 'PrivacyReview']),
      fixer === 'coder' ? coder('security', 'mender') : agent('security', 'mender', 'PrivacyReview'),
    ],
  )
  const run = given(plan)
  run.start()
  run.complete('coder', { outputs: [code('a')] })
  for (const name of ['secrets', 'sast', 'privacy', 'pack']) run.complete(name)
  return run
}

const fail = (run: Given, guard: 'scan' | 'packed', reason: string) => {
  const other = guard === 'scan' ? 'packed' : 'scan'
  run.judge(1, {}, other)
  return run.judge(0, { reasons: [reason] }, guard)
}

describe('a finding of security', () => {
  test('is mended in the code, then every scanner looks again', () => {
    const run = makeSecurity('coder')
    const decision = fail(run, 'scan', 'a key in config.js')
    expect(dataOf(decision, 'phase.gate.failed').autoFixStrategy).toBe('rerun-security')
    expect(dataOf(decision, 'phase.started')).toMatchObject({
      stages: [['mender'], ['secrets', 'sast'], ['pack']],
      fixes: [{ artifact: 'SourceCode', reasons: ['scan: a key in config.js'] }],
    })
    expect(run.task('mender').spec).toMatchObject({ output: 'SourceCode', strategy: 'rerun-security' })
    run.complete('mender', { outputs: [code('b')] })
    expect(run.task('sast').spec.input[0]?.digest).toBe(run.phase('security').outputs['SourceCode']?.digest)
  })

  test('that nobody of the phase can mend is looked for again by every scanner', () => {
    expect(dataOf(fail(makeSecurity('model'), 'scan', 'a key'), 'phase.started').stages).toEqual([
      ['secrets', 'sast'],
      ['pack'],
    ])
  })

  test('of a pack is traced through the reports it was made from', () => {
    const run = makeSecurity('coder', 'scanned')
    expect(dataOf(fail(run, 'packed', 'no signature'), 'phase.started')).toMatchObject({
      stages: [['mender'], ['secrets', 'sast'], ['pack']],
      fixes: [{ artifact: 'SourceCode', reasons: ['packed: no signature'] }],
    })
  })

  test('of a pack is laid to the documents in it where the code is nobody’s to mend', () => {
    const run = makeSecurity('model', 'scanned')
    expect(dataOf(fail(run, 'packed', 'no word on consent'), 'phase.started')).toMatchObject({
      stages: [['mender'], ['pack']],
      fixes: [{ artifact: 'PrivacyReview', reasons: ['packed: no word on consent'] }],
    })
  })

  test('keeps the code that was mended, though a phase beside it had gone on from the code before', () => {
    const run = makeSecurity('coder')
    fail(run, 'scan', 'a key')
    run.complete('mender', { outputs: [code('b')] })
    run.complete('secrets')
    run.complete('sast')
    run.complete('pack')
    run.judge(1, {}, 'packed')
    run.judge(1, {}, 'scan')
    expect(run.run.acceptedCommit).toBe('b'.repeat(40))
  })
})

describe('two phases that write code side by side', () => {
  test('never undo each other: what was begun on older code is asked for again on the newest', () => {
    const plan = makePlan(
      [
        phase({ phase: 'build', agents: ['coder'] }),
        phase({ phase: 'security', needs: ['build'], agents: ['hardener'] }),
        phase({ phase: 'story-loop', needs: ['build'], agents: ['teller'] }),
      ],
      [coder('build', 'coder'), coder('security', 'hardener'), coder('story-loop', 'teller')],
    )
    const run = given(plan)
    run.start()
    run.complete('coder', { outputs: [code('a')] })
    const late = run.claim(run.task('teller'))
    run.complete('hardener', { outputs: [code('b')] })
    expect(run.run.acceptedCommit).toBe('b'.repeat(40))
    const decision = run.accepted(run.completion(late, { outputs: [code('c')] }))
    expect(decision.answer).toMatchObject({ status: 'superseded' })
    expect(run.phase('story-loop')).toMatchObject({ status: 'running', stageOpen: 1, outputs: {} })
    expect(run.task('teller').spec.input[0]?.artifactId).toBe(
      run.phase('security').outputs['SourceCode']?.artifactId,
    )
    run.complete('teller', { outputs: [code('d')] })
    expect(run.run).toMatchObject({ closing: true, acceptedCommit: 'd'.repeat(40) })
  })
})

const makeDocuments = (of: Record<string, unknown> = {}) =>
  given(
    makePlan(
      [
        phase({
          phase: 'prd',
          agents: ['writer', 'notes', 'cutter'],
          parallelism: 'partial',
          gate: { pass: 0.8, max_rounds: 4 },
          guards: [{ guard: 'check', artifacts: ['PRD'], rubric: 'grounding' }],
          rubrics: { grounding: { min: 0.9, weight: 1 } },
          clarification: { max_questions: 1, grounding: 0.8, rounds: 2 },
          required_artifacts: ['PRD'],
          ...of,
        }),
      ],
      [
        agent('prd', 'writer', 'PRD'),
        agent('prd', 'notes', 'Notes', { inputs: ['PRD'] }),
        agent('prd', 'cutter', 'UserStories', { inputs: ['PRD'] }),
      ],
    ),
  )

const asked = {
  text: 'Which?',
  category: 'clarification',
  priority: 'high',
  decisionImpact: 'all',
  defaultAnswer: 'this',
} as const

const finish = (run: Given): void => {
  run.complete('writer')
  run.complete('notes')
  run.complete('cutter')
}

describe('a round', () => {
  test.each([
    ['grounding', 'rerun-qav', 'open'],
    ['tone', 'stricter-validation', 'assumed'],
  ])('about %s is one to %s: another question of it is %s', (rubric, strategy, status) => {
    const run = makeDocuments({
      guards: [{ guard: 'check', artifacts: ['PRD'], rubric }],
      rubrics: { [rubric]: { min: 0.9, weight: 1 } },
    })
    run.start()
    run.complete('writer', { questions: [asked] })
    const answer = { questionId: run.question().id, answer: 'that' }
    run.accepted({ type: 'AnswerQuestion', ...onRun, ...answer })
    run.complete('notes')
    run.complete('cutter')
    expect(dataOf(run.judge(0.1), 'phase.gate.failed').autoFixStrategy).toBe(strategy)
    expect(run.task('writer').spec).toMatchObject({ strategy, fix: { artifact: 'PRD' } })
    run.complete('writer', { questions: [asked] })
    expect(run.question().status).toBe(status)
  })

  test('about what is missing brings back the agents that did not hand in, and their readers', () => {
    const run = makeDocuments({ required_artifacts: ['PRD', 'Notes'] })
    run.start()
    finish(run)
    const { plan, phases } = run.state
    const prd = run.phase('prd')
    const { Notes: _, ...outputs } = prd.outputs
    const [of] = plan?.phases ?? []
    if (!plan || !of) throw new Error('no plan')
    const state = { ...run.state, phases: new Map(phases).set('prd', { ...prd, outputs }) }
    const handedIn = Object.keys(outputs)
    const judgement = judgeGate(of.definition, { reports: [], handedIn })
    const strategy = pickStrategy(judgement, { isLastRound: false, timeLeftShare: 1 })
    expect(strategy).toBe('add-missing-agents')
    expect(planFixRound({ state, plan, of }, judgement, strategy)).toEqual({
      round: 2,
      stages: [['notes']],
      fixes: [],
    })
  })

  test('in the last of the time mends what is required or judged, and nothing beside it', () => {
    const run = makeDocuments()
    run.start()
    finish(run)
    run.wait(55 * 60_000)
    const decision = run.judge(0.1)
    expect(dataOf(decision, 'phase.gate.failed').autoFixStrategy).toBe('reduce-scope')
    expect(dataOf(decision, 'phase.started').stages).toEqual([['writer']])
    expect(run.task('writer').spec.strategy).toBe('reduce-scope')
  })
})
