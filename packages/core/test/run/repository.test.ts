import { describe, expect, test } from 'vitest'
import { RunPlan } from '../../src/contract/run-plan.ts'
import { agent, given, makePlan, output, phase, twoPhases } from './given.ts'

const COMMIT = 'c'.repeat(40)
const REPO = { name: 'shelf', commit: COMMIT, branch: 'main', bundle: 'b'.repeat(64) }

const code = (commit = COMMIT) => output('SourceCode', undefined, { commit })

const makeRun = () =>
  given(
    makePlan(
      [
        phase({ phase: 'prd', agents: ['writer'] }),
        phase({ phase: 'build', needs: ['prd'], agents: ['coder', 'matrix'] }),
      ],
      [
        agent('prd', 'writer', 'PRD', { inputs: ['Idea', 'RepoContext'] }),
        agent('build', 'coder', 'SourceCode', { inputs: ['PRD'], kind: 'coder', capability: 'coder' }),
        agent('build', 'matrix', 'RTM', { inputs: ['PRD'], kind: 'tool', capability: 'tool' }),
      ],
      { repo: REPO },
    ),
  )

const start = (run: ReturnType<typeof makeRun>) =>
  run.start({
    given: [output('RepoContext'), output('RepoManifest'), output('PRD', 'the PRD of before'), code()],
  })

const namesOf = (run: ReturnType<typeof makeRun>, name: string) =>
  run.task(name).spec.input.map(({ name: each }) => each)

describe('a run that starts from a repository', () => {
  test('has its code accepted before the first task, and what was read of it beside the idea', () => {
    const run = makeRun()
    start(run)
    expect(run.run.acceptedCommit).toBe(COMMIT)
    expect(Object.keys(run.phase('prd').outputs).toSorted()).toEqual([
      'Idea',
      'PRD',
      'RepoContext',
      'RepoManifest',
      'SourceCode',
    ])
    const maker = run.history.find(({ data }) => 'artifact' in data && data.artifact.name === 'SourceCode')
    expect(maker?.data).toMatchObject({
      artifact: { version: 1, lineage: { maker: { kind: 'engine', name: 'repository' } } },
    })
    expect(RunPlan.parse(run.state.plan)).toMatchObject({ repo: REPO })
  })

  test('gives a writer the document that it is to bring up to date, and a tool none', () => {
    const run = makeRun()
    start(run)
    expect(namesOf(run, 'writer')).toEqual(['PRD', 'Idea', 'RepoContext'])
    run.complete('writer')
    expect(run.phase('prd').outputs['PRD']).toMatchObject({ version: 2, agent: 'writer' })
    expect(namesOf(run, 'coder')).toEqual(['SourceCode', 'PRD', 'RepoManifest'])
    run.complete('coder', { outputs: [code('d'.repeat(40))] })
    expect(namesOf(run, 'matrix')).toEqual(['PRD'])
  })

  test('accepts code only by the gate of the phase that made it, not by that of the phase it began in', () => {
    const run = makeRun()
    start(run)
    run.complete('writer')
    expect(run.run.acceptedCommit).toBe(COMMIT)
    expect(run.history.filter(({ type }) => type === 'code.accepted')).toHaveLength(1)
    run.complete('coder', { outputs: [code('d'.repeat(40))] })
    run.complete('matrix')
    expect(run.run.acceptedCommit).toBe('d'.repeat(40))
  })

  test('lets no task replace what was read of it', () => {
    const run = makeRun()
    start(run)
    const claimed = run.claim(run.task('writer'))
    const refused = run.refused(run.completion(claimed, { outputs: [output('PRD'), output('RepoContext')] }))
    expect(refused.message).toContain('No task may replace the artifact RepoContext')
  })
})

test('a run from an idea alone reads nothing of its own', () => {
  const run = given(twoPhases())
  run.start()
  expect(run.task('writer').spec.input.map(({ name }) => name)).toEqual(['Idea'])
  expect(run.run.acceptedCommit).toBeNull()
})
