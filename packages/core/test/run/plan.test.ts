import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import { RunPlan } from '../../src/contract/run-plan.ts'
import { hasCode } from '../../src/errors.ts'
import { RunId } from '../../src/ids.ts'
import { getPhaseOrder } from '../../src/run/plan/make-run-plan.ts'
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

const ORIGIN = RunId.parse('00000000-0000-7000-8000-0000000000ff')

/** The message of the PLAYBOOK_INVALID that `make` throws. */
const faultOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (hasCode(error, 'PLAYBOOK_INVALID')) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

const stagesOf = (parallelism: unknown) =>
  makePlan(
    [phase({ phase: 'prd', agents: ['a', 'b', 'c', 'd'], parallelism })],
    [
      agent('prd', 'a', 'A'),
      agent('prd', 'b', 'B', { inputs: ['A', 'B'] }),
      agent('prd', 'c', 'C'),
      agent('prd', 'd', 'D', { inputs: ['B', 'C'] }),
    ],
  ).phases[0]?.stages

describe('a run plan', () => {
  test('keeps its contract and sums what its phases may use', () => {
    const plan = twoPhases({}, { timebox: 'PT90S', required_artifacts: ['PRD'] })
    expect(RunPlan.parse(plan)).toEqual(plan)
    expect(plan.budgets).toMatchObject({
      capMicros: 1_000_000,
      total_tokens: 200_000,
      total_tools_minutes: 20,
    })
    expect(plan.timeouts).toEqual({ total: 'PT1H1M30S', phases: { prd: 'PT90S', build: 'PT1H' } })
    expect(plan.required_evidence).toEqual(['PRD'])
  })

  test('orders phases so that each comes after its needs, whatever the order of the files', () => {
    const plan = makePlan(
      [
        phase({ phase: 'release', needs: ['qa', 'docs'], agents: ['x'] }),
        phase({ phase: 'qa', needs: ['build'], agents: ['x'] }),
        phase({ phase: 'docs', needs: ['build'], agents: ['x'] }),
        phase({ phase: 'build', agents: ['x'] }),
      ],
      ['release', 'qa', 'docs', 'build'].map((name) => agent(name, 'x', `X-${name}`)),
    )
    expect(plan.phases.map((of) => of.phase)).toEqual(['build', 'qa', 'docs', 'release'])
    expect(getPhaseOrder(plan)).toEqual(['build', 'qa', 'docs', 'release'])
  })

  test('names the phases that need each other in a circle', () => {
    const make = () =>
      makePlan(
        [
          phase({ phase: 'one', needs: ['two'], agents: ['x'] }),
          phase({ phase: 'two', needs: ['one'], agents: ['x'] }),
          phase({ phase: 'three', agents: ['x'] }),
        ],
        ['one', 'two', 'three'].map((name) => agent(name, 'x', 'X')),
      )
    expect(faultOf(make)).toBe('The phases need each other in a circle: one needs two; two needs one.')
  })

  test.each([
    ['an unknown need', { needs: ['nowhere'] }, 'needs nowhere, which the playbook does not have'],
    ['an unknown agent', { agents: ['ghost'] }, 'agents that are not there: ghost'],
    ['an unknown fix agent', { fix_agent: 'ghost' }, 'agents that are not there: ghost'],
    ['an agent named twice', { agents: ['x', 'x'] }, 'the agent x twice'],
    [
      'a rubric without a guard',
      { rubrics: { lonely: { min: 0, weight: 1 } } },
      'rubric lonely that no guard feeds',
    ],
    [
      'a guard without its rubric',
      { guards: [{ guard: 'check', artifacts: ['X'], rubric: 'none' }] },
      'guard check for the rubric none',
    ],
    [
      'settings that no ledger entry holds',
      { ...guarded('X'), guards: [{ ...guarded('X').guards[0], settings: { long: 'x'.repeat(1100) } }] },
      '1000 bytes of settings',
    ],
    [
      'required artifacts nobody makes',
      { required_artifacts: ['Y'] },
      'requires what none of its agents makes: Y',
    ],
  ])('is refused for %s', (_, change, message) => {
    const make = () => makePlan([phase({ phase: 'prd', agents: ['x'], ...change })], [agent('prd', 'x', 'X')])
    expect(faultOf(make)).toContain(message)
  })

  test('has coders of the same code take turns in list order, whatever its parallelism', () => {
    const coder = (name: string, inputs: string[] = []) =>
      agent('build', name, 'SourceCode', { kind: 'coder', capability: 'coder', inputs })
    const stagesFor = (parallelism: unknown) =>
      makePlan(
        [phase({ phase: 'build', agents: ['data', 'suite', 'back', 'docs', 'front'], parallelism })],
        [
          coder('data'),
          agent('build', 'suite', 'TestSuite', { kind: 'tool', inputs: ['SourceCode'] }),
          coder('back', ['SourceCode']),
          agent('build', 'docs', 'Guide'),
          coder('front', ['Guide']),
        ],
      ).phases[0]?.stages
    const turns = [['data', 'docs'], ['back'], ['front'], ['suite']]
    expect(stagesFor('partial')).toEqual(turns)
    expect(stagesFor(2)).toEqual(turns)
    expect(stagesFor(1)).toEqual([['data'], ['docs'], ['back'], ['front'], ['suite']])
    expect(stagesFor('parallel')).toEqual([['data', 'suite', 'docs'], ['back'], ['front']])
  })

  test('joins what several agents of one stage hand in under one name, part by part', () => {
    const ideators = (aggregation: string) =>
      makePlan(
        [
          phase({ phase: 'ideas', agents: ['a', 'b', 'sum'], parallelism: 'partial', aggregation }),
          phase({ phase: 'prd', needs: ['ideas'], agents: ['a'] }),
        ],
        [
          agent('ideas', 'a', 'Ideas'),
          agent('shared', 'b', 'Ideas'),
          agent('ideas', 'sum', 'Summary', { inputs: ['Ideas'] }),
          agent('prd', 'a', 'PRD'),
        ],
      )
    const plan = ideators('vote')
    expect(RunPlan.parse(plan)).toEqual(plan)
    expect(plan.phases[0]?.stages).toEqual([['a', 'b'], ['fan-in.Ideas'], ['sum']])
    const join = plan.agents.find(({ agent: name }) => name === 'fan-in.Ideas')
    expect(join).toMatchObject({
      kind: 'tool',
      inputs: ['Ideas.a', 'Ideas.b'],
      output: 'Ideas',
      settings: { strategy: 'vote' },
    })
    const made = plan.agents.map(({ phase: of, agent: name, output: as }) => `${of}/${name} ${as}`)
    expect(made.toSorted()).toEqual([
      'ideas/a Ideas.a',
      'ideas/b Ideas.b',
      'ideas/fan-in.Ideas Ideas',
      'ideas/sum Summary',
      'prd/a PRD',
    ])
  })

  test('spells a review out as a last stage, a guard and a rubric that must be met in full', () => {
    const reviewed = (rest: Record<string, unknown> = {}) =>
      makePlan(
        [
          phase({
            phase: 'prd',
            agents: ['writer'],
            gate: { pass: 0.8, max_rounds: 2, review: { agent: 'reviewer', artifact: 'PRD' } },
            ...rest,
          }),
          phase({ phase: 'build', needs: ['prd'], agents: ['reviewer'] }),
        ],
        [agent('prd', 'writer', 'PRD'), agent('shared', 'reviewer', 'PrdReview', { inputs: ['IdeaSpec'] })],
      )
    const plan = reviewed()
    const [prd] = plan.phases
    expect(prd?.stages).toEqual([['writer'], ['reviewer']])
    expect(prd?.definition).toMatchObject({
      agents: ['writer', 'reviewer'],
      guards: [{ guard: 'review', artifacts: ['PrdReview', 'PRD'], rubric: 'review' }],
      rubrics: { review: { min: 1, weight: 0.1, waivable: true } },
    })
    const inputs = plan.agents.map(({ phase: of, inputs: read }) => [of, read])
    expect(inputs).toEqual([
      ['prd', []],
      ['prd', ['PRD', 'IdeaSpec']],
      ['build', ['IdeaSpec']],
    ])
    const rubrics = { review: { min: 0.2, weight: 3, waivable: false } }
    expect(reviewed({ rubrics }).phases[0]?.definition.rubrics).toEqual({
      review: { min: 1, weight: 3, waivable: false, optional: false },
    })
    const gate = { pass: 0.8, max_rounds: 2, review: { agent: 'nobody', artifact: 'PRD' } }
    expect(faultOf(() => reviewed({ gate }))).toContain('nobody')
  })

  test.each([
    ['a rubric it does not have', 'other', 5, 'which it does not have'],
    ['a rubric that is not waivable', 'firm', 5, 'not waivable'],
    ['longer than its own limit', 'quality', 8, 'its max_days is 7'],
  ])('is refused where the playbook waives %s', (_, rubric, days, message) => {
    const declared = [
      { rubric, owner: 'ann', justification: 'known', compensating_control: 'a person looks', days },
    ]
    const rubrics = { quality: { min: 1, weight: 1 }, firm: { min: 1, weight: 1, waivable: false } }
    const guards = Object.keys(rubrics).map((name) => ({ guard: 'check', artifacts: ['PRD'], rubric: name }))
    const waivers = { max_days: 7, declared }
    expect(faultOf(() => twoPhases({}, { guards, rubrics, waivers }))).toContain(message)
  })

  test('is refused for a phase that is there twice', () => {
    const twice = [phase({ phase: 'prd', agents: ['x'] }), phase({ phase: 'prd', agents: ['x'] })]
    expect(faultOf(() => makePlan(twice, [agent('prd', 'x', 'X')]))).toContain('prd is there twice')
  })

  test('is refused where agents that should run by their inputs wait for each other', () => {
    const make = () =>
      makePlan(
        [phase({ phase: 'prd', agents: ['a', 'b'], parallelism: 'partial' })],
        [agent('prd', 'a', 'A', { inputs: ['B'] }), agent('prd', 'b', 'B', { inputs: ['A'] })],
      )
    expect(faultOf(make)).toContain("wait for each other's output: a, b")
  })

  test.each([
    ['sequential', [['a'], ['b'], ['c'], ['d']]],
    ['iterative', [['a'], ['b'], ['c'], ['d']]],
    ['parallel', [['a', 'b', 'c', 'd']]],
    ['partial', [['a', 'c'], ['b'], ['d']]],
    [2, [['a', 'c'], ['b'], ['d']]],
    [1, [['a'], ['c'], ['b'], ['d']]],
  ])('with parallelism %s has these stages', (parallelism, stages) => {
    expect(stagesOf(parallelism)).toEqual(stages)
  })
})

describe('starting a run', () => {
  test('moves its cap out of the workspace and hands out the first stage', () => {
    const run = given()
    const started = run.start()
    expect(run.workspace.grantedMicros).toBe(1_000_000)
    expect(run.run).toMatchObject({ status: 'running', workspaceId: onRun.workspaceId, capMicros: 1_000_000 })
    expect(dataOf(started, 'artifact.created').artifact).toMatchObject({
      name: 'Idea',
      version: 1,
      phase: 'prd',
      lineage: { maker: { kind: 'person' } },
    })
    const { spec, status } = dataOf(started, 'task.created')
    expect(status).toBe('ready')
    expect(spec).toMatchObject({
      target: 'writer',
      output: 'PRD',
      maxModelCalls: 12,
      retries: 4,
      budget: { ms: 3_600_000, tokens: 100_000 },
    })
    expect(spec.input.map(({ name }) => name)).toEqual(['Idea'])
    const clock = started.effects.find(({ kind }) => kind === 'phase-clock')
    expect(clock).toMatchObject({ fireAt: '2026-01-01T01:00:00.000Z', ref: { phase: 'prd', version: 1 } })
  })

  test('is refused a second time, without a workspace, and beyond what the workspace has', () => {
    const run = given(twoPhases(), 1_500_000)
    run.start()
    const again = {
      type: 'StartRun' as const,
      ...onRun,
      title: 'x',
      plan: twoPhases(),
      planHash: sha256('p'),
      idea: output('Idea'),
      given: [],
      forkOf: null,
      hold: false,
    }
    expect(run.refused(again).code).toBe('CONFLICT')
    const poor = given(twoPhases(), 999_999)
    expect(poor.refused(again)).toMatchObject({ code: 'BUDGET_EXCEEDED', details: { leftMicros: 999_999 } })
    expect(poor.history).toEqual([])
  })

  test('is refused for a plan that cannot be carried out, should one come in by another door', () => {
    const plan = { ...twoPhases(), dependencies: { prd: ['build'], build: ['prd'] } }
    const run = given(plan)
    expect(() => run.start()).toThrow('PLAYBOOK_INVALID')
  })

  test('can be held: nothing is handed out until it is resumed', () => {
    const run = given()
    run.start({ hold: true })
    expect(run.run.status).toBe('planned')
    expect(run.tasks()).toEqual([])
    run.signal('resume')
    expect(run.run.status).toBe('running')
    expect(run.open().map((task) => task.agent)).toEqual(['writer'])
  })

  test('begins every phase without needs, side by side', () => {
    const plan = makePlan(
      [
        phase({ phase: 'one', agents: ['x'] }),
        phase({ phase: 'two', agents: ['x', 'y'], parallelism: 'parallel' }),
      ],
      [agent('one', 'x', 'A'), agent('two', 'x', 'B'), agent('two', 'y', 'C')],
    )
    const run = given(plan)
    run.start()
    expect(run.open().map(({ phase: of, agent: name }) => `${of}/${name}`)).toEqual([
      'one/x',
      'two/x',
      'two/y',
    ])
  })

  test('of anything else than a run that exists is not found', () => {
    const run = given()
    expect(run.refused({ type: 'CloseRun', ...onRun }).code).toBe('NOT_FOUND')
  })
})

describe('a fork', () => {
  const commit = 'b'.repeat(40)

  test('takes over what the phases before it handed in and begins at its phase', () => {
    const run = given()
    const inherited = { prd: [output('Idea'), output('PRD'), output('SourceCode', 'code', { commit })] }
    const started = run.start({ forkOf: { runId: ORIGIN, phase: 'build', outputs: inherited } })
    expect(types(started)).toContain('phase.inherited')
    expect(run.phase('prd')).toMatchObject({ status: 'passed' })
    expect(run.run).toMatchObject({ forkOf: ORIGIN, acceptedCommit: commit })
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
    expect(run.task('coder').spec.input.map(({ name }) => name)).toEqual(['PRD'])
    const idea = [...run.state.artifacts.values()].filter(({ name }) => name === 'Idea')
    expect(idea).toHaveLength(1)
  })

  test('is refused without what its phase needs, and at a phase that is not there', () => {
    const fork = (at: string) => () => given().start({ forkOf: { runId: ORIGIN, phase: at, outputs: {} } })
    expect(fork('build')).toThrow('INVALID_ARGUMENT')
    expect(fork('nowhere')).toThrow('INVALID_ARGUMENT')
  })

  test('that is held may be edited before it begins: readers in its phase work and its gate judges anew', () => {
    const run = given()
    const outputs = { prd: [output('PRD'), output('UserStories')] }
    run.start({ hold: true, forkOf: { runId: ORIGIN, phase: 'build', outputs } })
    run.accepted({ type: 'EditArtifact', ...onRun, output: output('PRD'), phase: 'prd' }, ANNA)
    expect(run.tasks()).toEqual([])
    run.signal('resume')
    expect(run.open().map((task) => task.agent)).toEqual(['cutter'])
    run.complete('cutter')
    run.judge(1)
    expect(run.open().map((task) => task.agent)).toEqual(['coder'])
  })
})
