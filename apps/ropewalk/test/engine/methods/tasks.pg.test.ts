import type { Caller } from '@ropewalk/core/access/caller'
import { ItemId, type RunId, TaskId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dispatchItem } from '../../../src/engine/backlog/dispatch-item.ts'
import { startProject } from '../support/backlog.ts'
import { makePhaseOf } from '../support/plans.ts'
import {
  makeOutput,
  makeStart,
  makeUuid,
  PERSON,
  startStage,
  WORKSPACE,
  type Stage,
} from '../support/stage.ts'
import {
  ANNA,
  expectRefusal,
  LEAD,
  makeCall,
  makeCaller,
  makeSources,
  type CallAs,
  type Fields,
} from './support/methods.ts'

const BEN = makeCaller('ben')
const CARA = makeCaller('cara')
const BODY = {
  type: 'note',
  agent: 'ben',
  confidence: 0.8,
  simulated: false,
  facts: [],
  claims: [],
  content: { text: 'Seventeen invoices are open.' },
}
const EVIDENCE = [{ kind: 'source', statement: 'Read in the books.' }]

let stage: Stage
let call: CallAs
beforeAll(async () => {
  stage = await startStage()
  call = makeCall(makeSources(stage.engine))
})
afterAll(async () => {
  await stage.stop()
})

/** A run of one task, whose idea is kept as bytes. */
const startRun = async (): Promise<RunId> => {
  const idea = JSON.stringify({ text: 'Eine Liste für alle: ä' })
  await stage.engine.blobs.put(WORKSPACE, Buffer.from(idea))
  const start = { ...makeStart(makePhaseOf(1, 'sequential')), idea: makeOutput('Idea', idea) }
  await stage.engine.submit(start, { by: PERSON })
  return start.runId
}

const startItem = async (capability: string) => {
  const { projectId, ids } = await startProject(stage.engine, [{ key: 'Count', capability }], {
    dispatch: 'manual',
    mode: 'human',
  })
  const itemId = ItemId.parse(ids['Count'])
  await dispatchItem(stage.engine, { workspaceId: WORKSPACE, itemId }, { by: PERSON })
  return { projectId, itemId }
}

const claim = (caller: Caller, input: Fields = {}) =>
  call(caller, 'claim_task', { capabilities: ['work'], ...input })

const pick = ({ task_id, attempt }: Fields) => ({ task_id, attempt })

const OUTPUT = { name: 'Out1', mediaType: 'text/plain', content: 'Done.' }

describe('a task of a run', () => {
  test('is claimed, kept alive and handed in by the agent that claimed it', async () => {
    const run_id = await startRun()
    const claimed = await claim(BEN, { from: 'run' })
    expect(claimed).toMatchObject({ attempt: 1, item_task: null, run_task: { prompt: 'Do.' } })
    expect(claimed['token']).toBe(`token-of-${String(claimed['task_id'])}-1`)
    const on = pick(claimed)
    expect(await call(BEN, 'heartbeat_task', { ...on, percent: 40 })).toMatchObject({ cancelled: false })
    await call(BEN, 'checkpoint_task', { ...on, marker: 'half', data: { at: 5 } })
    const hint = await expectRefusal(call(BEN, 'ask_question', { ...on, reason: 'why' }), 'CONFLICT')
    expect(hint.message).toContain('complete_task')
    await expectRefusal(
      call(BEN, 'complete_task', { ...on, deliverables: [{ name: 'X', body: BODY }] }),
      'INVALID_ARGUMENT',
    )
    const result = { ...on, outputs: [OUTPUT], idempotency_key: 'done' }
    const done = await call(BEN, 'complete_task', result)
    expect(done).toMatchObject({ task_id: on.task_id, status: 'completed', reasons: [] })
    expect(await call(BEN, 'complete_task', result)).toEqual(done)
    await expectRefusal(call(BEN, 'complete_task', { ...on, outputs: [OUTPUT] }), 'STALE_ATTEMPT')
    const { artifacts } = await call(BEN, 'list_artifacts', { run_id })
    expect((artifacts as Fields[]).map(({ name }) => name)).toEqual(['Idea', 'Out1'])
  })

  test('is there for nobody else, and not at another attempt', async () => {
    await startRun()
    const claimed = await claim(BEN, { from: 'run' })
    const on = pick(claimed)
    const calls = [
      ['heartbeat_task', {}],
      ['checkpoint_task', { marker: 'x' }],
      ['complete_task', { outputs: [OUTPUT] }],
      ['fail_task', { message: 'x' }],
      ['ask_question', { reason: 'x' }],
    ] as const
    for (const [name, more] of calls) {
      for (const caller of [CARA, LEAD, ANNA]) {
        const missing = makeUuid()
        const own = await expectRefusal(call(caller, name, { ...on, ...more }), 'NOT_FOUND')
        const none = await expectRefusal(
          call(caller, name, { ...on, task_id: missing, ...more }),
          'NOT_FOUND',
        )
        expect(own.message.replace(String(on.task_id), missing)).toBe(none.message)
      }
      await expectRefusal(call(BEN, name, { ...on, attempt: 2, ...more }), 'STALE_ATTEMPT')
    }
    expect(await call(BEN, 'fail_task', { ...on, message: 'no luck' })).toMatchObject({ status: 'retrying' })
    const again = await claim(CARA, { from: 'run' })
    expect(pick(again)).toEqual({ task_id: on.task_id, attempt: 2 })
    await expectRefusal(call(BEN, 'heartbeat_task', on), 'STALE_ATTEMPT')
    const failed = await call(CARA, 'fail_task', { ...pick(again), message: 'never', error_class: 'fatal' })
    expect(failed).toMatchObject({ status: 'failed' })
  })

  test("can be gone on with by the token that came with it, which reads the task's inputs alone", async () => {
    const runId = await startRun()
    const { items } = await stage.engine.listArtifacts(WORKSPACE, runId, { limit: 5 })
    const claimed = await claim(BEN, { from: 'run' })
    const withToken: Caller = {
      ...BEN,
      kind: 'task',
      sessionId: null,
      claim: {
        workspaceId: WORKSPACE,
        runId,
        taskId: TaskId.parse(claimed['task_id']),
        attempt: 1,
        worker: 'ben',
        claimedAt: new Date().toISOString(),
        expiresAt: Date.now() + 10_000,
      },
    }
    await call(withToken, 'heartbeat_task', pick(claimed))
    await expectRefusal(call(withToken, 'heartbeat_task', { task_id: makeUuid(), attempt: 1 }), 'NOT_FOUND')
    await expectRefusal(call(withToken, 'list_runs', {}), 'FORBIDDEN')
    await expectRefusal(call(withToken, 'claim_task', { capabilities: ['work'] }), 'FORBIDDEN')
    const [idea] = items
    await expectRefusal(call(withToken, 'read_artifact', { artifact_id: idea?.id }), 'NOT_FOUND')
    const read = await call(CARA, 'read_artifact', { artifact_id: idea?.id })
    expect(read).toMatchObject({ text: '{"text":"Eine Liste für alle: ä"}', next_offset: null })
    await call(withToken, 'complete_task', { ...pick(claimed), outputs: [OUTPUT] })
  })

  test('is not claimed for kinds of work that are our own', async () => {
    await expectRefusal(claim(BEN, { capabilities: ['model'], from: 'run' }), 'FORBIDDEN')
    expect(await claim(BEN, { capabilities: ['model', 'nothing'] })).toMatchObject({
      task_id: null,
      token: null,
    })
    await expectRefusal(claim(BEN, { capabilities: ['org.x'] }), 'FORBIDDEN')
    await expectRefusal(claim(BEN, { agent_id: 'cara' }), 'CLAIM_MISMATCH')
  })
})

describe('a task of an item', () => {
  test('is claimed and handed in with its evidence', async () => {
    const { itemId, projectId } = await startItem('counting')
    const claimed = await claim(BEN, { capabilities: ['counting'] })
    expect(claimed).toMatchObject({ run_task: null, item_task: { order: { itemId } } })
    await expectRefusal(
      call(BEN, 'complete_task', { ...pick(claimed), outputs: [OUTPUT] }),
      'INVALID_ARGUMENT',
    )
    await expectRefusal(call(BEN, 'complete_task', pick(claimed)), 'INVALID_ARGUMENT')
    const result = { deliverables: [{ name: 'Result', body: BODY }], evidence: EVIDENCE }
    const done = await call(BEN, 'complete_task', { ...pick(claimed), ...result, idempotency_key: 'k' })
    expect(done).toMatchObject({ status: 'done' })
    expect(await call(BEN, 'complete_task', { ...pick(claimed), ...result, idempotency_key: 'k' })).toEqual(
      done,
    )
    expect((await call(BEN, 'get_item', { item_id: itemId }))['item']).toMatchObject({ status: 'done' })
    const { items } = await call(BEN, 'list_items', { project_id: projectId, words: 'count' })
    expect(items).toHaveLength(1)
  })

  test('is let go of with a question, which a leader answers', async () => {
    await startItem('asking')
    const claimed = await claim(BEN, { capabilities: ['asking'] })
    const question = {
      text: 'Which year?',
      fields: ['year'],
      defaultAnswer: '2026',
      impact: 'The whole sum hangs on it.',
      risk: 'high',
      policy: 'wait',
    }
    const asked = await call(BEN, 'ask_question', {
      ...pick(claimed),
      reason: 'No year',
      questions: [question],
    })
    const [question_id] = asked['question_ids'] as string[]
    expect((await call(BEN, 'read_question', { question_id }))['question']).toMatchObject({ status: 'open' })
    const { questions } = await call(LEAD, 'list_questions', { status: 'open' })
    expect((questions as Fields[]).map(({ id }) => id)).toContain(question_id)
    await expectRefusal(call(BEN, 'answer_question', { question_id, answer: '2025' }), 'FORBIDDEN')
    const answered = await call(LEAD, 'answer_question', {
      question_id,
      answer: '2025',
      idempotency_key: 'a',
    })
    expect(answered).toMatchObject({ question_id })
    expect((await call(BEN, 'read_question', { question_id }))['question']).toMatchObject({ answer: '2025' })
    await expectRefusal(call(LEAD, 'answer_question', { question_id, answer: '2024' }), 'ALREADY_DECIDED')
  })

  test('is given up with a category', async () => {
    await startItem('failing')
    const claimed = await claim(BEN, { capabilities: ['failing'] })
    const failed = { message: 'Broken', category: 'DATA_INSUFFICIENCY', retryable: false }
    expect(await call(BEN, 'fail_task', { ...pick(claimed), ...failed })).toMatchObject({ status: 'failed' })
  })
})

describe('what a run has', () => {
  test('is listed and read: the run, its gates, and a waiver that is asked for', async () => {
    const run_id = await startRun()
    expect((await call(BEN, 'get_run', { run_id }))['run']).toMatchObject({ id: run_id, status: 'running' })
    const { runs } = await call(BEN, 'list_runs', { status: 'running', limit: 200 })
    expect((runs as Fields[]).map(({ id }) => id)).toContain(run_id)
    expect((await call(BEN, 'list_gates', { run_id }))['gates']).toMatchObject([
      { phase: 'work', rounds: [] },
    ])
    await expectRefusal(call(BEN, 'list_gates', { run_id, phase: 'nope' }), 'NOT_FOUND')
    await expectRefusal(call(BEN, 'get_run', { run_id: makeUuid() }), 'NOT_FOUND')
    const waiver = {
      run_id,
      phase: 'work',
      rubric: 'quality',
      details: 'It is slow.',
      owner: 'anna',
      justification: 'Nobody waits.',
      compensating_control: 'We look at it daily.',
      days: 5,
    }
    const refused = await call(BEN, 'propose_waiver', waiver).catch((error: unknown) => error)
    expect(refused).toMatchObject({ message: expect.stringContaining('quality') as string })
    expect((await call(BEN, 'list_projects', { limit: 5 }))['projects']).toBeInstanceOf(Array)
  })
})
