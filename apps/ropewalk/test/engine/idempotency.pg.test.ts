import { hasCode } from '@ropewalk/core/errors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makePhaseOf } from './support/plans.ts'
import { PERSON, WORKSPACE, makeRunId, makeStart, startRun, startStage, type Stage } from './support/stage.ts'

const plan = makePhaseOf(1, 'sequential')

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const key = (name: string, bodyDigest = 'body') => ({
  by: PERSON,
  idempotency: { route: 'POST /v1/runs', key: name, bodyDigest },
})

test('the same key and body get the stored answer, and the effect happens once', async () => {
  const command = makeStart(plan)
  const first = await stage.engine.submit(command, key('again'))
  // A door makes a new id for every request; the key decides.
  const second = await stage.engine.submit({ ...command, runId: makeRunId() }, key('again'))
  expect(second).toEqual(first)
  const runs = await stage.query("SELECT 1 FROM ropewalk.idempotency WHERE key = 'again'")
  expect(runs).toHaveLength(1)
})

test('the same key with another body is a conflict', async () => {
  await stage.engine.submit(makeStart(plan), key('other'))
  const answer = await stage.engine
    .submit(makeStart(plan), key('other', 'changed'))
    .catch((error: unknown) => error)
  expect(hasCode(answer, 'IDEMPOTENCY_CONFLICT')).toBe(true)
})

test('a key is good for its own route and workspace only', async () => {
  const { runId } = makeStart(plan)
  const first = makeStart(plan, runId)
  await stage.engine.submit(first, key('scope'))
  const other = await stage.engine.submit(makeStart(plan), {
    by: PERSON,
    idempotency: { route: 'POST /v1/other', key: 'scope', bodyDigest: 'x' },
  })
  expect(other.version).toBeGreaterThan(0)
})

test('a refusal is kept as well', async () => {
  const runId = makeRunId()
  const close = () =>
    stage.engine
      .submit({ type: 'CloseRun', workspaceId: WORKSPACE, runId }, key('refused'))
      .catch((error: unknown) => error)
  expect(hasCode(await close(), 'NOT_FOUND')).toBe(true)
  await stage.engine.submit(makeStart(plan, runId), { by: PERSON })
  expect(hasCode(await close(), 'NOT_FOUND')).toBe(true)
})

test('of fifty parallel firsts, in one process and in two, one takes effect and all get its answer', async () => {
  const other = await stage.startAnother()
  const engines = [stage.engine, other]
  for (const name of ['fifty', 'fifty more', 'and fifty more']) {
    const before = await stage.query('SELECT 1 FROM ropewalk.runs')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => engines[index % 2]?.submit(makeStart(plan), key(name))),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await stage.query('SELECT 1 FROM ropewalk.runs')).toHaveLength(before.length + 1)
  }
})

test('fifty parallel commands on one run with fifty keys are all answered', async () => {
  const runId = await startRun(stage.engine, plan)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      stage.engine.submit(
        { type: 'TopUpRun', workspaceId: WORKSPACE, runId, micros: 1 },
        key(`top-up ${index}`),
      ),
    ),
  )
  expect(new Set(answers.map((answer) => answer.version)).size).toBe(50)
  const { run } = await stage.engine.readRun(WORKSPACE, runId)
  expect(run.capMicros).toBe(1_000_050)
})

test('answers are swept after a day, not before', async () => {
  const { sweepStore } = await import('../../src/store/sweep.ts')
  expect((await sweepStore(stage.engine.store, [WORKSPACE])).answers).toBe(0)
  await stage.shiftTime('25 hours')
  expect((await sweepStore(stage.engine.store, [WORKSPACE])).answers).toBeGreaterThan(50)
  expect(await stage.query('SELECT 1 FROM ropewalk.idempotency')).toEqual([])
})

test('every stored history folds to what the tables say', async () => {
  expect(await expectHistoriesToMatch(stage)).toBeGreaterThan(5)
})
