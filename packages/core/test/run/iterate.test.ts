import { describe, expect, test } from 'vitest'
import { agent, dataOf, type Given, given, guarded, makePlan, onRun, output, phase, types } from './given.ts'

const makeLoop = (rest: Record<string, unknown> = {}) =>
  given(
    makePlan(
      [
        phase({
          phase: 'story-loop',
          agents: ['implementer', 'validator'],
          parallelism: 'iterative',
          ...guarded('StoryProgress'),
          ...rest,
        }),
      ],
      [
        agent('story-loop', 'implementer', 'SourceCode', { kind: 'coder', capability: 'coder' }),
        agent('story-loop', 'validator', 'StoryProgress', { kind: 'tool', inputs: ['SourceCode'] }),
      ],
    ),
  )

const implement = (run: Given, commit: number) =>
  run.complete('implementer', {
    outputs: [output('SourceCode', undefined, { commit: commit.toString(16).padStart(40, '0') })],
  })

describe('an iterative phase', () => {
  test('goes over its stages once more, in the same round, while its last stage says there is more', () => {
    const run = makeLoop()
    run.start()
    implement(run, 1)
    const decision = run.complete('validator', { again: true })
    expect(types(decision)).toEqual([
      'artifact.created',
      'task.completed',
      'phase.progress',
      'phase.iterated',
      'task.created',
    ])
    expect(dataOf(decision, 'phase.iterated')).toMatchObject({ iteration: 1 })
    expect(run.phase('story-loop')).toMatchObject({ round: 1, iteration: 1, again: false })
    implement(run, 2)
    run.complete('validator')
    expect(run.phase('story-loop').status).toBe('gating')
    const keys = run.tasks().map(({ taskKey }) => taskKey)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('gives each pass the newest code', () => {
    const run = makeLoop()
    run.start()
    expect(run.task('implementer').spec.input).toEqual([])
    implement(run, 1)
    run.complete('validator', { again: true })
    expect(run.task('implementer').spec.input.map(({ digest }) => digest)).toEqual([
      run.phase('story-loop').outputs['SourceCode']?.digest,
    ])
  })

  test('is judged when a pass changed nothing, whatever its last stage says', () => {
    const run = makeLoop()
    run.start()
    implement(run, 1)
    run.complete('validator', { again: true })
    implement(run, 1)
    run.complete('validator', { again: true })
    expect(run.phase('story-loop')).toMatchObject({ status: 'gating', iteration: 1 })
  })

  test('ends after a hundred passes', () => {
    const run = makeLoop()
    run.start()
    let passes = 0
    while (run.phase('story-loop').status === 'running') {
      passes += 1
      implement(run, passes)
      run.complete('validator', { again: true })
    }
    expect(passes).toBe(100)
  })

  test('after a round that mended goes on with its own stages', () => {
    const run = makeLoop({ gate: { pass: 0.8, max_rounds: 3 } })
    run.start()
    implement(run, 1)
    run.complete('validator')
    run.judge(0.1)
    expect(run.phase('story-loop')).toMatchObject({ round: 2, strategy: 'stricter-validation' })
    implement(run, 2)
    run.complete('validator', { again: true })
    expect(run.phase('story-loop')).toMatchObject({ round: 2, iteration: 1, fixes: [] })
    expect(run.task('implementer').spec.fix).toBeNull()
  })

  test('takes the word of no other stage, and no other kind of phase takes it at all', () => {
    const run = makeLoop()
    run.start()
    const early = run.completion(run.claim(run.task('implementer')), { again: true })
    expect(run.refused(early).code).toBe('INVALID_ARGUMENT')
    const other = makeLoop({ parallelism: 'sequential' })
    other.start()
    implement(other, 1)
    const last = other.completion(other.claim(other.task('validator')), { again: true })
    expect(other.refused(last).code).toBe('INVALID_ARGUMENT')
  })

  test('asks nothing of a run that is edited in between', () => {
    const run = makeLoop()
    run.start()
    implement(run, 1)
    run.accepted({ type: 'EditArtifact', ...onRun, output: output('StoryProgress'), phase: 'story-loop' })
    run.complete('validator', { again: true })
    expect(run.phase('story-loop').iteration).toBe(1)
  })
})
