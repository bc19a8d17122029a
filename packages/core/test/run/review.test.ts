import { describe, expect, test } from 'vitest'
import { TaskSpec } from '../../src/contract/task-spec.ts'
import { agent, ANNA, dataOf, type Given, given, guarded, makePlan, onRun, output, phase } from './given.ts'

/** Two coders in turn, a tool that measures, and a reviewer of the code. */
const makeBuild = (rest: Record<string, unknown> = {}): Given => {
  const coder = (name: string) => agent('build', name, 'SourceCode', { kind: 'coder', capability: 'coder' })
  const run = given(
    makePlan(
      [
        phase({
          phase: 'build',
          agents: ['back', 'front', 'suite'],
          parallelism: 'partial',
          fix_agent: 'mender',
          gate: { pass: 0.8, max_rounds: 3, review: { agent: 'reviewer', artifact: 'SourceCode' } },
          ...guarded('TestSuite'),
          ...rest,
        }),
      ],
      [
        coder('back'),
        coder('front'),
        agent('build', 'suite', 'TestSuite', { kind: 'tool', inputs: ['SourceCode'] }),
        agent('build', 'reviewer', 'CodeReview', { inputs: ['Idea'] }),
        coder('mender'),
      ],
    ),
  )
  run.start()
  return run
}

const code = (commit: string) => ({
  outputs: [output('SourceCode', undefined, { commit: commit.repeat(40) })],
})

const finish = (run: Given): void => {
  run.complete('back', code('a'))
  run.complete('front', code('b'))
  run.complete('suite')
  run.complete('reviewer')
}

describe('an independent review', () => {
  test('comes last, and is told what it judges and who made it', () => {
    const run = makeBuild()
    run.complete('back', code('a'))
    run.complete('front', code('b'))
    run.complete('suite')
    const { spec } = run.task('reviewer')
    expect(TaskSpec.parse(spec).review).toEqual({
      artifact: 'SourceCode',
      artifactId: run.phase('build').outputs['SourceCode']?.artifactId,
      makers: ['back', 'front'],
    })
    expect(spec.input.map(({ name }) => name)).toEqual(['SourceCode', 'Idea'])
    expect(run.task('back').spec.review).toBeUndefined()
  })

  test('that refuses has the code mended, then is given again on the new code', () => {
    const run = makeBuild()
    finish(run)
    run.judge(1)
    const decision = run.judge(0, { reasons: ['the queue is never emptied'] }, 'review')
    expect(dataOf(decision, 'phase.started')).toMatchObject({
      stages: [['mender'], ['suite'], ['reviewer']],
      fixes: [{ artifact: 'SourceCode', reasons: ['review: the queue is never emptied'] }],
    })
    run.complete('mender', code('c'))
    run.complete('suite')
    expect(run.task('reviewer').spec.review).toMatchObject({ makers: ['back', 'front', 'mender'] })
    expect(run.task('reviewer').spec.input[0]?.artifactId).toBe(
      run.phase('build').outputs['SourceCode']?.artifactId,
    )
    run.complete('reviewer')
    run.judge(1)
    run.judge(1, {}, 'review')
    expect(run.run).toMatchObject({ closing: true, acceptedCommit: 'c'.repeat(40) })
  })

  test('that is no proper review is given again, and nobody mends it or the code', () => {
    const run = makeBuild({
      guards: [
        { guard: 'check', artifacts: ['TestSuite'], rubric: 'quality' },
        { guard: 'form', artifacts: ['CodeReview'], rubric: 'quality' },
      ],
    })
    finish(run)
    run.judge(1)
    run.judge(1, {}, 'review')
    expect(dataOf(run.judge(0, {}, 'form'), 'phase.started')).toMatchObject({
      stages: [['reviewer']],
      fixes: [],
    })
  })

  test('of a version that a person replaced is given again', () => {
    const run = makeBuild()
    finish(run)
    const edited = output('SourceCode', undefined, { commit: 'd'.repeat(40) })
    const edit = { type: 'EditArtifact' as const, ...onRun, output: edited, phase: 'build' }
    expect(dataOf(run.accepted(edit, ANNA), 'phase.started').stages).toEqual([['suite'], ['reviewer']])
    run.complete('suite')
    expect(run.task('reviewer').spec.review?.makers).toEqual(['back', 'front', 'anna'])
  })
})
