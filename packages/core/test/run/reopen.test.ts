import { describe, expect, test } from 'vitest'
import {
  agent,
  ANNA,
  dataOf,
  type Given,
  given,
  guarded,
  makePlan,
  onRun,
  output,
  phase,
  types,
} from './given.ts'

/** Of the thirteen phases those that matter for who reads what; one agent each but `prd`, which has two. */
const makeProject = (): Given => {
  const plan = makePlan(
    [
      phase({ phase: 'intake', agents: ['requirements'] }),
      phase({ phase: 'ideation', needs: ['intake'], agents: ['strategy'] }),
      phase({ phase: 'critique', needs: ['ideation'], agents: ['critic'] }),
      phase({ phase: 'prd', needs: ['critique'], agents: ['writer', 'cutter'], ...guarded('PRD') }),
      phase({ phase: 'bizdev', needs: ['prd'], agents: ['pricing'] }),
      phase({ phase: 'architecture', needs: ['bizdev'], agents: ['architect'] }),
      phase({ phase: 'build', needs: ['architecture'], agents: ['coder'] }),
      phase({ phase: 'security', needs: ['build'], agents: ['scanner'] }),
      phase({ phase: 'story-loop', needs: ['build'], agents: ['teller'] }),
      phase({ phase: 'qa', needs: ['security', 'story-loop'], agents: ['tester'] }),
    ],
    [
      agent('intake', 'requirements', 'IdeaSpec', { inputs: ['Idea'] }),
      agent('ideation', 'strategy', 'IdeationResult', { inputs: ['IdeaSpec'] }),
      agent('critique', 'critic', 'CritiqueReport', { inputs: ['IdeationResult'] }),
      agent('prd', 'writer', 'PRD', { inputs: ['IdeaSpec', 'CritiqueReport'] }),
      agent('prd', 'cutter', 'UserStories', { inputs: ['PRD'] }),
      agent('bizdev', 'pricing', 'BusinessPlan', { inputs: ['IdeaSpec', 'IdeationResult'] }),
      agent('architecture', 'architect', 'ArchitectureDoc', { inputs: ['PRD'] }),
      agent('build', 'coder', 'SourceCode', { inputs: ['ArchitectureDoc'], kind: 'coder' }),
      agent('security', 'scanner', 'SecretsScan', { inputs: ['SourceCode'], kind: 'tool' }),
      agent('story-loop', 'teller', 'StoryProgress', { inputs: ['UserStories', 'SourceCode'], kind: 'tool' }),
      agent('qa', 'tester', 'TestReport', { inputs: ['SourceCode'] }),
    ],
  )
  const run = given(plan)
  run.start()
  return run
}

/** Has everything handed in and passed up to and with these agents. */
const work = (run: Given, ...agents: string[]): void => {
  for (const name of agents) {
    run.complete(name)
    if (name === 'cutter') run.judge(1)
  }
}

const statuses = (run: Given) =>
  Object.fromEntries([...run.state.phases.values()].map(({ phase: name, status }) => [name, status]))

const edit = (name: string, of: string) => ({
  type: 'EditArtifact' as const,
  ...onRun,
  output: output(name),
  phase: of,
})

const UP_TO_BUILD = [
  'requirements',
  'strategy',
  'critic',
  'writer',
  'cutter',
  'pricing',
  'architect',
  'coder',
]

describe('a changed PRD', () => {
  test('re-opens its own gate, architecture and what follows, and nothing else', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD, 'scanner')
    const decision = run.accepted(edit('PRD', 'prd'), ANNA)
    const reopened = decision.events.flatMap((event) =>
      event.type === 'phase.reopened' ? [event.data.phase] : [],
    )
    expect(reopened).toEqual(['prd', 'architecture', 'build', 'security', 'story-loop'])
    expect(statuses(run)).toEqual({
      intake: 'passed',
      ideation: 'passed',
      critique: 'passed',
      prd: 'running',
      bizdev: 'passed',
      architecture: 'pending',
      build: 'pending',
      security: 'pending',
      'story-loop': 'pending',
      qa: 'pending',
    })
    expect(run.open().map((task) => task.agent)).toEqual(['cutter'])
  })

  test('keeps architecture waiting until its gate has passed again, though bizdev stays passed', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD)
    run.accepted(edit('PRD', 'prd'), ANNA)
    work(run, 'cutter')
    expect(run.open().map((task) => task.agent)).toEqual(['architect'])
    work(run, 'architect', 'coder', 'scanner', 'teller', 'tester')
    expect(run.run.closing).toBe(true)
  })

  test('lets a phase that does not read it go on beside it', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD.slice(0, 5))
    run.claim(run.task('pricing'))
    run.accepted(edit('PRD', 'prd'), ANNA)
    expect(run.phase('bizdev').status).toBe('running')
    run.complete('pricing')
    expect(run.phase('architecture').status).toBe('pending')
    work(run, 'cutter')
    expect(run.open().map((task) => task.agent)).toEqual(['architect'])
  })

  test('after all has passed has the run close once more', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD, 'scanner', 'teller', 'tester')
    run.accepted(edit('BusinessPlan', 'bizdev'), ANNA)
    // Nobody reads it: its gate judges again, and nothing else happens.
    expect(statuses(run)).toMatchObject({ bizdev: 'passed', architecture: 'passed', qa: 'passed' })
    expect(run.run.closing).toBe(true)
  })
})

describe('a change', () => {
  test('to what only some of the later phases read re-opens those', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD, 'scanner', 'teller')
    run.accepted(edit('UserStories', 'prd'), ANNA)
    expect(run.phase('prd').status).toBe('gating')
    expect(statuses(run)).toMatchObject({
      architecture: 'passed',
      build: 'passed',
      security: 'passed',
      'story-loop': 'pending',
      qa: 'running',
    })
  })

  test('to the idea has everything that reads it begin anew', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD)
    run.accepted(edit('Idea', 'intake'), ANNA)
    expect(run.open().map((task) => task.agent)).toEqual(['requirements'])
    expect(statuses(run)).toMatchObject({ ideation: 'pending', critique: 'pending', bizdev: 'pending' })
  })

  test('to what an early phase made has that gate judge alone, then its readers begin anew', () => {
    const run = makeProject()
    work(run, ...UP_TO_BUILD)
    const decision = run.accepted(edit('IdeationResult', 'ideation'), ANNA)
    expect(dataOf(decision, 'phase.reopened')).toMatchObject({ phase: 'ideation' })
    expect(types(decision).filter((type) => type === 'phase.ready')).toHaveLength(1)
    expect(run.phase('intake').status).toBe('passed')
    expect(run.open().map((task) => task.agent)).toEqual(['critic'])
  })
})

describe('outputs of one name', () => {
  test('are joined by a tool whose result names all parts, whatever the order they came in', () => {
    const plan = makePlan(
      [phase({ phase: 'ideas', agents: ['ann', 'bob', 'cy'], parallelism: 'parallel', aggregation: 'vote' })],
      ['ann', 'bob', 'cy'].map((name) => agent('ideas', name, 'Ideas')),
    )
    const run = given(plan)
    run.start()
    for (const name of ['cy', 'ann', 'bob']) run.complete(name)
    const join = run.task('fan-in.Ideas')
    expect(join.spec).toMatchObject({ kind: 'tool', type: 'tool', output: 'Ideas' })
    expect(join.spec.input.map(({ name }) => name)).toEqual(['Ideas.ann', 'Ideas.bob', 'Ideas.cy'])
    run.complete('fan-in.Ideas')
    const made = [...run.state.artifacts.values()].find(({ name }) => name === 'Ideas')
    const parts = [...run.state.artifacts.values()].filter(({ name }) => name.startsWith('Ideas.'))
    expect(made?.lineage.inputArtifactIds.toSorted()).toEqual(parts.map(({ id }) => id).toSorted())
  })
})
