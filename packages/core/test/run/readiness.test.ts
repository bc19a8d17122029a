import { describe, expect, test } from 'vitest'
import { Readiness } from '../../src/contract/api/readiness.ts'
import { getReadiness } from '../../src/run/gate/get-readiness.ts'
import { type Given, given, twoPhases } from './given.ts'

const rubrics = {
  guards: [
    { guard: 'check', artifacts: ['PRD'], rubric: 'quality' },
    { guard: 'taste', artifacts: ['PRD'], rubric: 'style' },
  ],
  rubrics: { quality: { min: 0.5, weight: 3, waivable: false }, style: { min: 0.5, weight: 1 } },
  required_artifacts: ['PRD', 'UserStories'],
}

const makeRun = (prd: Record<string, unknown> = {}): Given =>
  given(twoPhases({ clarification: 'human' }, { ...rubrics, ...prd }))

const readinessOf = (run: Given, name = 'prd'): Readiness => {
  const { plan, phases } = run.state
  if (!plan) throw new Error('no plan')
  return Readiness.parse(getReadiness({ plan, phases, now: run.at() }, name))
}

const obstaclesOf = (run: Given, name?: string) =>
  readinessOf(run, name).obstacles.map(({ kind, name: of, weight }) => [kind, of, weight])

describe('the readiness of a gate', () => {
  test('says first what is missing, then each rubric by its weight', () => {
    const run = makeRun()
    run.start()
    run.complete('writer')
    expect(obstaclesOf(run)).toEqual([
      ['missing-artifact', 'UserStories', 1],
      ['rubric', 'quality', 0.75],
      ['rubric', 'style', 0.25],
    ])
    expect(readinessOf(run).obstacles[0]?.action).toBe('cutter hands in UserStories.')
    expect(obstaclesOf(run, 'build')).toEqual([['need', 'prd', 1]])
  })

  test('names what was found, and whether it could be waived', () => {
    const run = makeRun()
    run.start()
    run.complete('writer')
    run.complete('cutter')
    run.judge(0.2, { reasons: ['vague words'] })
    run.judge(0.1, {}, 'taste')
    const { obstacles, score, ready } = readinessOf(run)
    expect({ score, ready }).toEqual({ score: 0.175, ready: false })
    expect(obstacles).toMatchObject([
      { name: 'quality', message: 'quality scored 0.20, its minimum is 0.50', waivable: false },
      { name: 'style', action: 'Mend PRD: taste must pass', waivable: true },
    ])
    expect(obstacles[0]?.action).toBe('Mend PRD: vague words')
  })

  test('puts a critical finding before all rubrics', () => {
    const run = makeRun()
    run.start()
    run.complete('writer')
    run.complete('cutter')
    run.judge(1)
    run.judge(0.1, { severity: 'critical', reasons: ['a secret'] }, 'taste')
    expect(readinessOf(run).obstacles[0]).toMatchObject({ kind: 'critical', message: 'a secret' })
  })

  test('tells a score that is too low though each rubric is met', () => {
    const run = makeRun()
    run.start()
    run.complete('writer')
    run.complete('cutter')
    run.judge(0.6)
    run.judge(0.6, {}, 'taste')
    expect(obstaclesOf(run)).toEqual([['score', 'score', expect.closeTo(0.2)]])
  })

  test('estimates by what the steps took so far, at first by the timebox, and not for a person', () => {
    const run = makeRun({ approval: true })
    run.start()
    run.wait(60_000)
    expect(readinessOf(run)).toMatchObject({ estimatedMs: 59 * 60_000, basis: 'timebox' })
    run.complete('writer')
    // One step of three took a minute.
    expect(readinessOf(run)).toMatchObject({ estimatedMs: 120_000, basis: 'durations' })
    run.wait(60_000)
    run.complete('cutter')
    expect(readinessOf(run)).toMatchObject({ estimatedMs: 60_000, basis: 'durations' })
    run.judge(1)
    run.judge(1, {}, 'taste')
    expect(readinessOf(run)).toMatchObject({ estimatedMs: null, basis: 'person', ready: false })
    expect(obstaclesOf(run)).toEqual([['approval', 'approval', 1]])
    const { id: questionId } = run.question()
    run.accepted(
      {
        type: 'AnswerQuestion',
        workspaceId: run.run.workspaceId,
        runId: run.run.id,
        questionId,
        answer: 'approve',
      },
      { kind: 'person', id: 'anna' },
    )
    expect(readinessOf(run)).toMatchObject({ estimatedMs: 0, basis: 'passed', ready: true, obstacles: [] })
  })
})
