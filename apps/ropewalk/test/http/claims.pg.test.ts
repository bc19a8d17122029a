import { ClaimedTasks, HeartbeatView, Noted, UploadView } from '@ropewalk/core/contract/api/claims'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { TaskDetail } from '@ropewalk/core/contract/api/tasks'
import { Artifact } from '@ropewalk/core/contract/artifact'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  claimTask,
  completeSketch,
  expectAnswer,
  expectProblem,
  judgeSketch,
  readRun,
  startRun,
} from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const sketch = { name: 'Sketch', mediaType: 'text/plain', content: 'boxes' }

const findArtifact = async (runId: string, name: string): Promise<Artifact> => {
  const page = expectAnswer(await api.ask(`/v1/runs/${runId}/artifacts`), makePage(Artifact))
  const found = page.items.findLast((artifact) => artifact.name === name)
  if (found === undefined) throw new Error(`the run has no ${name}`)
  return found
}

test('an agent outside claims a task, reads its inputs, beats, saves, logs and hands in its result', async () => {
  const { runId } = await startRun(api, 'A kite shop')
  const claimed = await claimTask(api, runId)
  const { task, token, context, inputs, attempt, prompt, checkpoint } = claimed
  expect([attempt, prompt, checkpoint, context.idea]).toEqual([1, 'Write Sketch.', null, 'A kite shop'])
  const idea = await api.ask(inputs[0]?.url ?? '', { token })
  expect(JSON.parse(idea.text)).toEqual({ text: 'A kite shop' })
  const path = `/v1/tasks/${task.id}`
  const beat = expectAnswer(
    await api.ask(`${path}/heartbeat`, { body: { attempt: 1, pct: 40, etaMs: 1000 }, token }),
    HeartbeatView,
  )
  expect(beat.cancelled).toBe(false)
  expect(beat.leaseUntil >= claimed.leaseUntil).toBe(true)
  const saved = { token: 'page-3', data: { page: 3 } }
  expectAnswer(await api.ask(`${path}/checkpoint`, { body: saved, token: beat.token }), Noted)
  expectAnswer(await api.ask(`${path}/log`, { body: { lines: [{ text: 'working' }] }, token }), Noted)
  const body = {
    outputs: [sketch],
    usage: { inputTokens: 10, outputTokens: 5, modelCalls: 1 },
    tool: 'pencil',
    toolVersion: '2b',
  }
  expectAnswer(await api.ask(`${path}/complete`, { body, token: beat.token }), CommandAnswer)
  const detail = expectAnswer(await api.ask(path), TaskDetail)
  expect(detail).toMatchObject({
    status: 'completed',
    attempts: [{ number: 1, outcome: 'completed', worker: 'outside', tool: 'pencil', toolVersion: '2b' }],
  })
  const artifact = await findArtifact(runId, 'Sketch')
  expect(artifact.lineage).toMatchObject({ taskId: task.id, attempt: 1, tokens: 15 })
  expect(artifact.simulated).toBe(false)
})

test('after its end an attempt is stale; with its key the repeated result gets the first answer', async () => {
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  const path = `/v1/tasks/${task.id}`
  const headers = { 'idempotency-key': 'done-1' }
  const complete = (extra = {}) =>
    api.ask(`${path}/complete`, { body: { outputs: [sketch] }, token, ...extra })
  const first = await complete({ headers })
  expectAnswer(first, CommandAnswer)
  expect((await complete({ headers })).text).toBe(first.text)
  expectProblem(await complete(), 409, 'STALE_ATTEMPT')
  expectProblem(await complete({ headers: { 'idempotency-key': 'done-2' } }), 409, 'STALE_ATTEMPT')
  expectProblem(await api.ask(`${path}/heartbeat`, { body: {}, token }), 409, 'STALE_ATTEMPT')
  expectProblem(
    await api.ask(`${path}/log`, { body: { lines: [{ text: 'x' }] }, token }),
    409,
    'STALE_ATTEMPT',
  )
  const idea = await findArtifact(runId, 'Idea')
  expectProblem(await api.ask(`/v1/artifacts/${idea.id}/content`, { token }), 409, 'STALE_ATTEMPT')
})

test('a failed attempt is tried again under the next number, which finds the checkpoint', async () => {
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  const path = `/v1/tasks/${task.id}`
  await api.ask(`${path}/checkpoint`, { body: { token: 'half', data: [1, 2] }, token })
  const body = { errorClass: 'rate_limit', message: 'Slow down.', retryAfterMs: 1 }
  expectAnswer(await api.ask(`${path}/fail`, { body, token }), CommandAnswer)
  expectProblem(
    await api.ask(`${path}/complete`, { body: { outputs: [sketch] }, token }),
    409,
    'STALE_ATTEMPT',
  )
  await expect
    .poll(
      async () => {
        const ask = { worker: 'second', capabilities: ['sketch'], limit: 20 }
        const { tasks } = expectAnswer(await api.ask('/v1/tasks/claim', { body: ask }), ClaimedTasks)
        const found = tasks.find((each) => each.task.id === task.id)
        return found && [found.attempt, found.checkpoint?.token, found.checkpoint?.data]
      },
      { interval: 200 },
    )
    .toEqual([2, 'half', [1, 2]])
})

test('a token reads the inputs of its own task and nothing else', async () => {
  const first = await startRun(api)
  const second = await startRun(api)
  const own = await claimTask(api, first.runId)
  const foreign = await findArtifact(second.runId, 'Idea')
  const missing = foreign.id.replace(/.$/u, (last) => (last === '0' ? '1' : '0'))
  const answers = [foreign.id, missing].map(async (id) => {
    const { detail, details, code } = expectProblem(
      await api.ask(`/v1/artifacts/${id}/content`, { token: own.token }),
      404,
    )
    return { detail, code, keys: Object.keys(details) }
  })
  const [hidden, absent] = await Promise.all(answers)
  expect(hidden).toEqual(absent)
})

test('another attempt number in the body does not pass for the one of the token', async () => {
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  const beat = (attempt: number) => api.ask(`/v1/tasks/${task.id}/heartbeat`, { body: { attempt }, token })
  expectProblem(await beat(2), 409, 'STALE_ATTEMPT')
  expectAnswer(await beat(1), HeartbeatView)
})

test('bytes come as base64, as uploaded before, or as JSON; each is kept as it came', async () => {
  for (const variant of ['base64', 'upload'] as const) {
    const { runId } = await startRun(api)
    const { task, token } = await claimTask(api, runId)
    const bytes = new Uint8Array([0, 255, 128, 10])
    const path = `/v1/tasks/${task.id}`
    const type = { 'content-type': 'application/octet-stream' }
    const uploaded = await api.ask(`${path}/blobs`, { raw: bytes, headers: type, token })
    const { digest } = expectAnswer(uploaded, UploadView)
    const output =
      variant === 'upload' ? { digest } : { contentBase64: Buffer.from(bytes).toString('base64') }
    const outputs = [{ name: 'Sketch', mediaType: 'image/x-boxes', ...output }]
    expectAnswer(await api.ask(`${path}/complete`, { body: { outputs }, token }), CommandAnswer)
    const artifact = await findArtifact(runId, 'Sketch')
    expect([artifact.digest, artifact.bytes, artifact.mediaType]).toEqual([digest, 4, 'image/x-boxes'])
  }
})

test('an upload of more than a blob holds is refused, 32 MiB is not', async () => {
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  const upload = (bytes: number) =>
    api.ask(`/v1/tasks/${task.id}/blobs`, {
      raw: new Uint8Array(bytes),
      headers: { 'content-type': 'application/octet-stream' },
      token,
    })
  expectProblem(await upload(33_554_433), 413, 'PAYLOAD_TOO_LARGE')
  expectAnswer(await upload(33_554_432), UploadView)
  expectProblem(await upload(0), 400)
})

test('outputs that are no outputs are refused and the attempt goes on', async () => {
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  const complete = (outputs: unknown) =>
    api.ask(`/v1/tasks/${task.id}/complete`, { body: { outputs }, token })
  for (const outputs of [
    [],
    [{ ...sketch, name: 'Other' }],
    [sketch, sketch],
    [{ ...sketch, contentBase64: 'AA==' }],
    [{ name: 'Sketch', mediaType: 'text/plain' }],
    [{ name: 'Sketch', mediaType: 'text/plain', contentBase64: 'A' }],
    [{ name: 'Sketch', mediaType: 'text/plain', contentBase64: 'AB==' }],
    [{ name: 'Sketch', mediaType: 'text/plain', digest: 'a'.repeat(64) }],
    [{ ...sketch, mediaType: 'text/plain\r\nX: y' }],
    [{ ...sketch, commit: 'main' }],
    [{ ...sketch, name: '../x' }],
  ]) {
    expectProblem(await complete(outputs), 400, 'INVALID_ARGUMENT')
  }
  expectAnswer(await complete([sketch]), CommandAnswer)
})

test('a document that breaks its contract is refused with the place', async () => {
  const { runId } = await startRun(api)
  await completeSketch(api, runId)
  await judgeSketch(api, runId)
  const { task, token } = await claimTask(api, runId, 'notes')
  const complete = (content: unknown) => {
    const outputs = [{ name: 'Clarifications', mediaType: 'application/json', content }]
    return api.ask(`/v1/tasks/${task.id}/complete`, { body: { outputs }, token })
  }
  expectProblem(await complete('not json'), 400)
  const problem = expectProblem(await complete({ questions: [], notes: 5 }), 400)
  expect(problem.details['issues']).toMatchObject([{ pointer: '/outputs/0/content/notes' }])
  expectAnswer(await complete(JSON.stringify({ questions: [], notes: 'Clear.' })), CommandAnswer)
  expect((await readRun(api, runId)).phases.map(({ status }) => status)).toEqual(['passed', 'passed'])
})

test('two agents who claim at once get different tasks', async () => {
  for (let index = 0; index < 6; index += 1) await startRun(api)
  const claim = async (worker: string) => {
    const body = { worker, capabilities: ['sketch'], limit: 3 }
    return expectAnswer(await api.ask('/v1/tasks/claim', { body }), ClaimedTasks).tasks.map(
      ({ task }) => task.id,
    )
  }
  const taken = (await Promise.all(['a', 'b', 'c', 'd'].map(claim))).flat()
  expect(new Set(taken).size).toBe(taken.length)
  expect(taken.length).toBeGreaterThanOrEqual(6)
})
