import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/canonical.ts'
import type { PackReport } from '../../src/contract/evidence-pack.ts'
import { judgeGate } from '../../src/run/gate/judge-gate.ts'
import { pickStrategy } from '../../src/run/gate/pick-strategy.ts'
import {
  agent,
  ANNA,
  dataOf,
  given,
  guarded,
  makePlan,
  onRun,
  output,
  phase,
  twoPhases,
  types,
} from './given.ts'

const report = (type: string, score: number, rest: Partial<PackReport> = {}): PackReport => ({
  guard: `check-${type}`,
  type,
  pass: score >= 0.5,
  outcome: score >= 0.5 ? 'pass' : 'fail',
  score,
  severity: 'minor',
  reasons: [],
  artifacts: ['A'],
  timestamp: '2026-01-01T00:00:00.000Z',
  digest: 'd'.repeat(64),
  ...rest,
})

const rubric = (min: number, weight: number, optional = false) => ({ min, weight, waivable: true, optional })

const definition = (rubrics: Record<string, ReturnType<typeof rubric>>, rest: Record<string, unknown> = {}) =>
  phase({ phase: 'prd', agents: ['a'], rubrics, ...rest })

const judge = (of: ReturnType<typeof definition>, ...reports: PackReport[]) =>
  judgeGate(of, { reports, handedIn: ['A'] })

describe('a gate', () => {
  test('without rubrics passes with a score of 1', () => {
    expect(judge(definition({}))).toMatchObject({ passed: true, score: 1 })
  })

  test('weighs its rubrics, each the mean of its reports', () => {
    const of = definition({ clarity: rubric(0, 3), grounding: rubric(0, 1) })
    const judged = judge(of, report('clarity', 0.8), report('clarity', 1), report('grounding', 0.5))
    expect(judged.score).toBe(0.8)
    expect(judged.passed).toBe(true)
  })

  test('is not fooled by the last digits of a sum: 0.8 is 0.8', () => {
    const of = definition({ a: rubric(0, 0.1), b: rubric(0, 0.2), c: rubric(0, 0.7) })
    expect(judge(of, report('a', 0.8), report('b', 0.8), report('c', 0.8))).toMatchObject({
      passed: true,
      score: 0.8,
    })
  })

  test.each([
    ['the score is under the pass mark', [report('a', 0.7), report('b', 0.7)], 'under the pass mark 0.80'],
    [
      'one rubric is under its minimum',
      [report('a', 0.5), report('b', 1)],
      'a scored 0.50, its minimum is 0.60',
    ],
    [
      'a check broke',
      [report('a', 1), report('a', 1, { outcome: 'error' }), report('b', 1)],
      'ended as error',
    ],
    ['a check did not run', [report('a', 1, { outcome: 'not-run' }), report('b', 1)], 'ended as not-run'],
    ['nothing checked a rubric', [report('a', 1)], 'nothing checked the rubric b'],
    [
      'a critical check failed, whatever its score',
      [report('a', 1, { outcome: 'fail', severity: 'critical' }), report('b', 1)],
      'found a critical failure',
    ],
  ])('fails when %s', (_, reports, reason) => {
    const of = definition({ a: rubric(0.6, 1), b: rubric(0, 9) })
    const judged = judge(of, ...reports)
    expect(judged.passed).toBe(false)
    expect(judged.reasons.join('\n')).toContain(reason)
  })

  test('fails while something required is missing', () => {
    const judged = judge(definition({}, { required_artifacts: ['A', 'B'] }))
    expect(judged).toMatchObject({ passed: false, missing: ['B'] })
  })

  test('leaves out an optional rubric whose check could not run, and notes the gap', () => {
    const of = definition({ a: rubric(0, 1), sast: rubric(0.9, 5, true) })
    const judged = judge(of, report('a', 0.8), report('sast', 0, { outcome: 'not-run' }))
    expect(judged).toMatchObject({ passed: true, score: 0.8 })
    expect(judged.reasons).toEqual(['gap: the optional check check-sast of sast did not run'])
    expect(judge(of, report('a', 1), report('sast', 0, { outcome: 'error' })).passed).toBe(false)
  })

  test.each([
    ['grounding', 'rerun-qav'],
    ['coverage', 'add-missing-agents'],
    ['completeness', 'add-missing-agents'],
    ['secrets', 'rerun-security'],
    ['contradictions', 'stricter-validation'],
  ])('that fails by %s asks for %s, in its last round for a person', (name, strategy) => {
    const judged = judge(definition({ [name]: rubric(0.6, 1) }), report(name, 0.1))
    const pick = (isLastRound: boolean, timeLeftShare = 1) =>
      pickStrategy(judged, { isLastRound, timeLeftShare })
    expect(pick(false)).toBe(strategy)
    expect(pick(false, 0.1)).toBe('reduce-scope')
    expect(pick(true, 0.1)).toBe('manual-intervention')
  })

  test('that misses something asks for whoever brings it, however late it is', () => {
    const judged = judge(definition({}, { required_artifacts: ['B'] }))
    expect(pickStrategy(judged, { isLastRound: false, timeLeftShare: 0.1 })).toBe('add-missing-agents')
  })
})

describe('the evidence', () => {
  test('is packed under its own digest before the gate speaks, however the guards came in', () => {
    const plan = makePlan(
      [
        phase({
          phase: 'prd',
          agents: ['a'],
          guards: ['one', 'two'].map((guard) => ({ guard, artifacts: ['A'], rubric: 'quality' })),
          rubrics: { quality: { min: 0, weight: 1 } },
        }),
      ],
      [agent('prd', 'a', 'A')],
    )
    const run = given(plan)
    run.start()
    run.complete('a')
    run.judge(1, {}, 'two')
    const decision = run.judge(0.8, { reasons: ['x'.repeat(900)] }, 'one')
    expect(types(decision).slice(-4)).toEqual([
      'evidence.packed',
      'phase.gate.passed',
      'phase.completed',
      'run.closing',
    ])
    const [pack] = [...run.state.packs.values()]
    const { id, ...rest } = pack ?? { id: '' }
    expect(digestOf(rest)).toBe(id)
    expect(pack?.guard_reports.map(({ guard }) => guard)).toEqual(['one', 'two'])
    expect(pack?.guard_reports[0]?.reasons[0]).toHaveLength(300)
    expect(pack?.metrics).toMatchObject({ agents_executed: 1, agents_succeeded: 1, agents_failed: 0 })
    expect(run.phase('prd')).toMatchObject({ score: 0.9, packId: id })
  })

  test('gives each guard what it judges and everything a claim may cite', () => {
    const run = given()
    run.start()
    run.complete('writer')
    run.complete('cutter')
    expect(run.task('check').spec.input.map(({ name }) => name)).toEqual(['PRD', 'Idea', 'UserStories'])
    expect(run.task('check').spec).toMatchObject({
      type: 'tool',
      output: null,
      maxModelCalls: 0,
      capability: 'guard',
    })
  })
})

const atGate = (prd: Record<string, unknown> = {}) => {
  const run = given(twoPhases({}, prd))
  run.start()
  run.complete('writer')
  run.complete('cutter')
  return run
}

describe('a failed gate', () => {
  test("has the failing artifact's producer and its readers work again, told what failed", () => {
    const run = atGate()
    const decision = run.judge(0.2, { reasons: ['vague words'] })
    expect(dataOf(decision, 'phase.gate.failed')).toMatchObject({
      attemptNumber: 1,
      maxAttempts: 2,
      autoFixStrategy: 'stricter-validation',
      requiredActions: ['Mend PRD: vague words'],
    })
    expect(dataOf(decision, 'phase.started')).toMatchObject({ round: 2, stages: [['writer'], ['cutter']] })
    expect(run.task('writer').spec).toMatchObject({
      round: 2,
      fix: { artifact: 'PRD', reasons: ['check: vague words'] },
    })
    run.complete('writer')
    run.complete('cutter')
    expect(run.phase('prd').outputs['PRD']?.version).toBe(2)
    run.judge(1)
    expect(run.phase('prd')).toMatchObject({ status: 'passed', round: 2 })
  })

  test('leaves alone who neither made nor reads what failed', () => {
    const run = atGate(guarded('UserStories'))
    expect(dataOf(run.judge(0.2), 'phase.started').stages).toEqual([['cutter']])
  })

  test('puts the fix agent in the place of the producer, with all its inputs and the artifact itself', () => {
    const run = atGate({ fix_agent: 'fixer' })
    const decision = run.judge(0.2)
    expect(dataOf(decision, 'phase.started').stages).toEqual([['fixer'], ['cutter']])
    const { spec } = run.task('fixer')
    expect(spec).toMatchObject({ target: 'fixer', output: 'PRD', fix: { artifact: 'PRD' } })
    expect(spec.input.map(({ name }) => name)).toEqual(['PRD', 'Idea'])
    run.complete('fixer')
    expect(run.task('cutter').spec).toMatchObject({ round: 2, fix: null })
  })

  test('lets the fix agent mend what an earlier phase made, and then its readers', () => {
    const plan = makePlan(
      [
        phase({ phase: 'build', agents: ['coder'] }),
        phase({
          phase: 'qa',
          needs: ['build'],
          agents: ['tester'],
          fix_agent: 'mender',
          ...guarded('SourceCode'),
        }),
      ],
      [
        agent('build', 'coder', 'RepoManifest', { kind: 'coder', capability: 'coder' }),
        agent('qa', 'tester', 'TestReport', { inputs: ['SourceCode'] }),
        agent('qa', 'mender', 'SourceCode', { kind: 'coder', capability: 'coder' }),
      ],
    )
    const run = given(plan)
    run.start()
    run.complete('coder', {
      outputs: [output('RepoManifest'), output('SourceCode', 'x', { commit: 'a'.repeat(40) })],
    })
    run.complete('tester')
    const decision = run.judge(0.1)
    expect(dataOf(decision, 'phase.started').stages).toEqual([['mender'], ['tester']])
    expect(run.task('mender').spec.output).toBe('SourceCode')
    expect(run.task('mender').spec.input.map(({ name }) => name)).toEqual(['SourceCode', 'RepoManifest'])
    const commit = 'b'.repeat(40)
    run.complete('mender', { commit })
    expect(run.task('tester').spec.input[0]?.digest).toBe(run.phase('qa').outputs['SourceCode']?.digest)
    run.complete('tester')
    expect(run.run.acceptedCommit).toBe('a'.repeat(40))
    run.judge(1)
    expect(run.run.acceptedCommit).toBe(commit)
  })

  test('has nobody rewrite what a check only read: code that fails is no fault of its requirements', () => {
    const plan = makePlan(
      [
        phase({ phase: 'prd', agents: ['writer'] }),
        phase({
          phase: 'build',
          needs: ['prd'],
          agents: ['coder'],
          fix_agent: 'mender',
          guards: [{ guard: 'check', artifacts: ['SourceCode', 'RepoManifest', 'PRD'], rubric: 'quality' }],
          rubrics: { quality: { min: 1, weight: 1 } },
        }),
      ],
      [
        agent('prd', 'writer', 'PRD'),
        agent('build', 'coder', 'SourceCode', { inputs: ['PRD'] }),
        agent('build', 'mender', 'SourceCode', { inputs: ['PRD'] }),
      ],
    )
    const run = given(plan)
    run.start()
    run.complete('writer')
    run.complete('coder', { outputs: [output('RepoManifest'), output('SourceCode')] })
    expect(dataOf(run.judge(0.9), 'phase.started')).toMatchObject({
      stages: [['mender']],
      fixes: [{ artifact: 'SourceCode' }],
    })
  })

  test('runs the whole phase again where nothing can be pinned on anyone', () => {
    const run = atGate(guarded('Idea'))
    expect(dataOf(run.judge(0.2), 'phase.started')).toMatchObject({
      stages: [['writer'], ['cutter']],
      fixes: [],
    })
  })

  test('runs the whole phase again while something required is missing', () => {
    const run = atGate({ required_artifacts: ['Glossary'] })
    const decision = run.judge(1)
    expect(dataOf(decision, 'phase.gate.failed').requiredActions).toEqual(['Hand in Glossary.'])
    expect(dataOf(decision, 'phase.started').stages).toEqual([['writer'], ['cutter']])
  })

  test('in its last round ends the run, and cancels what runs beside it', () => {
    const run = atGate()
    run.judge(0.2)
    run.complete('writer')
    run.complete('cutter')
    const decision = run.judge(0.2)
    expect(dataOf(decision, 'phase.gate.failed').autoFixStrategy).toBe('manual-intervention')
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'GATE_FAILED' })
    expect(run.run.failureMessage).toContain('The gate of prd failed in round 2 of 2')
    expect(decision.effects.map(({ kind }) => kind)).toEqual(['build-dossier'])
  })

  test('mends each producer once; what its fix agent cannot mend, a document here, the author does again', () => {
    const plan = makePlan(
      [
        phase({
          phase: 'build',
          agents: ['coder', 'docs'],
          parallelism: 'parallel',
          fix_agent: 'coder',
          guards: [{ guard: 'check', artifacts: ['RepoManifest', 'SourceCode', 'Guide'], rubric: 'quality' }],
          rubrics: { quality: { min: 0.5, weight: 1 } },
        }),
      ],
      [agent('build', 'coder', 'RepoManifest', { kind: 'coder' }), agent('build', 'docs', 'Guide')],
    )
    const run = given(plan)
    run.start()
    run.complete('coder', { outputs: [output('RepoManifest'), output('SourceCode')] })
    run.complete('docs')
    const decision = run.judge(0.1)
    expect(dataOf(decision, 'phase.started').stages).toEqual([['coder', 'docs']])
    const specs = run.open().map(({ spec }) => [spec.output, spec.fix?.artifact])
    expect(specs).toEqual([
      ['RepoManifest', 'RepoManifest'],
      ['Guide', 'Guide'],
    ])
  })
})

describe('editing an artifact', () => {
  const edit = (name: string, of = 'prd') => ({
    type: 'EditArtifact' as const,
    ...onRun,
    output: output(name),
    phase: of,
  })

  test('has its readers work and its passed gate judge again, and takes back what was built upon it', () => {
    const run = atGate()
    run.judge(1)
    run.claim(run.task('coder'))
    const decision = run.accepted(edit('PRD'), ANNA)
    expect(types(decision)).toEqual([
      'artifact.created',
      'phase.reopened',
      'task.attempt_ended',
      'task.cancelled',
      'phase.reopened',
      'phase.started',
      'phase.clock_set',
      'task.created',
    ])
    expect(dataOf(decision, 'phase.started')).toMatchObject({ round: 1, stages: [['cutter']] })
    expect(dataOf(decision, 'artifact.created').artifact).toMatchObject({
      version: 2,
      lineage: { maker: { kind: 'person', name: 'anna' } },
    })
    expect([run.phase('prd').status, run.phase('build').status]).toEqual(['running', 'pending'])
    run.complete('cutter')
    run.judge(1)
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
  })

  test('that no agent beside it reads, while its guards run, calls them again', () => {
    const run = atGate()
    run.accepted(edit('UserStories'), ANNA)
    const guards = run.tasks().filter(({ agent: name }) => name === 'check')
    expect(guards.map(({ status }) => status)).toEqual(['cancelled', 'ready'])
    expect(new Set(guards.map(({ taskKey }) => taskKey)).size).toBe(2)
  })

  test('of a phase whose readers are yet to begin, or that is to come, only adds a version', () => {
    const run = given()
    run.start()
    expect(types(run.accepted(edit('PRD'), ANNA))).toEqual(['artifact.created'])
    run.complete('writer')
    expect(run.phase('prd').outputs['PRD']).toMatchObject({ version: 2, makers: ['anna', 'writer'] })
    expect(types(run.accepted(edit('RepoManifest', 'build'), ANNA))).toEqual(['artifact.created'])
    expect(run.refused(edit('X', 'nowhere'), ANNA).code).toBe('NOT_FOUND')
  })

  test('of a phase at work has a reader that began with the version before begin again', () => {
    const run = given()
    run.start()
    run.complete('writer')
    run.claim(run.task('cutter'))
    const decision = run.accepted(edit('PRD'), ANNA)
    expect(dataOf(decision, 'phase.started').stages).toEqual([['cutter']])
    const [read] = run.task('cutter').spec.input
    expect(read?.artifactId).toBe(run.phase('prd').outputs['PRD']?.artifactId)
    run.complete('cutter')
    expect(run.phase('prd').status).toBe('gating')
  })

  test('of a run that closes takes it back to its gate; the dossier underway is refused', () => {
    const run = atGate()
    run.judge(1)
    run.complete('coder')
    expect(run.run.closing).toBe(true)
    run.accepted(edit('PRD'), ANNA)
    expect(run.run).toMatchObject({ closing: false, status: 'running' })
    const record = {
      type: 'RecordDossier' as const,
      ...onRun,
      digest: 'a'.repeat(64),
      verdict: 'gaps' as const,
      keyId: 'k',
      artifacts: 1,
    }
    expect(run.refused(record).code).toBe('CONFLICT')
  })

  test('of a failed run waits for the retry, which runs its readers alone and judges', () => {
    const run = atGate({ gate: { pass: 0.8, max_rounds: 1 } })
    run.judge(0.2)
    expect(run.run.status).toBe('failed')
    run.accepted(edit('PRD'), ANNA)
    expect(run.run.status).toBe('failed')
    run.accepted(edit('UserStories'), ANNA)
    run.signal('retry')
    expect(run.open().map((task) => task.agent)).toEqual(['cutter'])
    run.complete('cutter')
    run.judge(1)
    expect(run.phase('prd').status).toBe('passed')
  })

  test('is refused once the run has succeeded or was cancelled', () => {
    const run = atGate()
    run.signal('cancel')
    expect(run.refused(edit('PRD'), ANNA).code).toBe('RUN_ALREADY_FINISHED')
  })
})
