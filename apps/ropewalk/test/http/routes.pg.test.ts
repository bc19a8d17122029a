import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { GateDetail } from '@ropewalk/core/contract/api/gates'
import { Health } from '@ropewalk/core/contract/api/health'
import { makePage, makeSlice } from '@ropewalk/core/contract/api/paging'
import { QuestionView } from '@ropewalk/core/contract/api/questions'
import { CostDetail, DossierSummary, LogLineView } from '@ropewalk/core/contract/api/records'
import { CommandAnswer, PlanView, RunStarted, RunSummary } from '@ropewalk/core/contract/api/runs'
import { TaskDetail, TaskSummary } from '@ropewalk/core/contract/api/tasks'
import { Artifact } from '@ropewalk/core/contract/artifact'
import { makeEnvelope, PREDICATE_TYPE, STATEMENT_TYPE } from '@ropewalk/core/dossier/envelope'
import { RunId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getDossierDir } from '../../src/engine/dossier/build-dossier.ts'
import { openSigningKeys } from '../../src/store/keys/signing-keys.ts'
import {
  claimTask,
  completeSketch,
  expectAnswer,
  expectProblem,
  judgeSketch,
  readRun,
  startRun,
} from './support/drive.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const NO_RUN = '01890000-0000-7000-8000-000000000000'

describe('probes', () => {
  test('answer without a token', async () => {
    expectAnswer(await api.ask('/healthz', { token: null }), Health)
    expectAnswer(await api.ask('/readyz', { token: null }), Health)
  })
})

describe('runs', () => {
  test('a plan shows phases, budgets and estimate, and starts nothing', async () => {
    const before = expectAnswer(await api.ask('/v1/runs?limit=200'), makePage(RunSummary))
    const plan = expectAnswer(
      await api.ask('/v1/plans', { body: { idea: 'A clock', budgetUsd: 2 } }),
      PlanView,
    )
    expect(plan.phases.map(({ phase }) => phase)).toEqual(['sketch', 'notes'])
    expect(plan.budgets).toMatchObject({ capMicros: 2_000_000, capUsd: 2 })
    const after = expectAnswer(await api.ask('/v1/runs?limit=200'), makePage(RunSummary))
    expect(after.items).toHaveLength(before.items.length)
  })

  test('a started run is accepted with its address and read there', async () => {
    const answered = await api.ask('/v1/runs', { body: { idea: 'A clock' } })
    const { runId } = expectAnswer(answered, RunStarted, 202)
    expect(answered.headers.get('location')).toBe(`/v1/runs/${runId}`)
    const run = await readRun(api, runId)
    expect(run).toMatchObject({
      id: runId,
      idea: 'A clock',
      status: 'running',
      allowedSignals: ['pause', 'cancel'],
    })
    expect(run.money).toMatchObject({ capMicros: 5_000_000, capUsd: 5, leftUsd: 5 })
    expect(run.phases.map(({ phase, status }) => [phase, status])).toEqual([
      ['sketch', 'running'],
      ['notes', 'pending'],
    ])
  })

  test('a run that did not change is not sent again', async () => {
    const { runId } = await startRun(api)
    const first = await api.ask(`/v1/runs/${runId}`)
    const etag = first.headers.get('etag') ?? ''
    const headers = { 'if-none-match': `"x", W/${etag}` }
    const second = await api.ask(`/v1/runs/${runId}`, { headers })
    expect([second.status, second.text, second.headers.get('etag')]).toEqual([304, '', etag])
    await api.ask(`/v1/runs/${runId}/signals`, { body: { signal: 'pause' } })
    expect((await api.ask(`/v1/runs/${runId}`, { headers })).status).toBe(200)
  })

  test('lists page by cursor without gap or double, and filter by status', async () => {
    for (let index = 0; index < 3; index += 1) await startRun(api)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = expectAnswer(await api.ask(`/v1/runs?limit=2${query}`), makePage(RunSummary))
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThanOrEqual(3)
    const none = expectAnswer(await api.ask('/v1/runs?status=cancelled'), makePage(RunSummary))
    expect(none.items).toEqual([])
  })

  test('signals and top-ups change the run; what does not apply is refused with what does', async () => {
    const { runId } = await startRun(api)
    const signal = (name: string) => api.ask(`/v1/runs/${runId}/signals`, { body: { signal: name } })
    expectAnswer(await signal('pause'), CommandAnswer)
    expect(await readRun(api, runId)).toMatchObject({ status: 'paused', pauseReason: 'signal' })
    const problem = expectProblem(await signal('retry'), 409, 'INVALID_TRANSITION')
    expect(problem.details['allowed']).toEqual(['resume', 'cancel'])
    expectAnswer(await api.ask(`/v1/runs/${runId}/budget`, { body: { addUsd: 0.5 } }), CommandAnswer)
    expect((await readRun(api, runId)).money.capUsd).toBe(0.5)
    expectAnswer(await signal('cancel'), CommandAnswer)
    expectProblem(
      await api.ask(`/v1/runs/${runId}/budget`, { body: { addUsd: 1 } }),
      409,
      'RUN_ALREADY_FINISHED',
    )
  })

  test('a run of which the workspace cannot pay is refused', async () => {
    expectProblem(
      await api.ask('/v1/runs', { body: { idea: 'x', budgetUsd: 900_000 } }),
      402,
      'BUDGET_EXCEEDED',
    )
  })

  test('a fork takes over what was passed before its phase', async () => {
    const { runId } = await startRun(api)
    await completeSketch(api, runId)
    await judgeSketch(api, runId)
    const { runId: forked } = expectAnswer(
      await api.ask(`/v1/runs/${runId}/fork`, { body: { phase: 'notes' } }),
      RunStarted,
      202,
    )
    const run = await readRun(api, forked)
    expect(run.forkOf).toBe(runId)
    expect(run.phases.map(({ status }) => status)).toEqual(['passed', 'running'])
    expectProblem(await api.ask(`/v1/runs/${runId}/fork`, { body: { phase: 'nope' } }), 400)
  })
})

describe('what is on record of a run', () => {
  test('tasks, one task with its attempts, artifacts and their bytes', async () => {
    const { runId } = await startRun(api)
    await completeSketch(api, runId)
    const tasks = expectAnswer(await api.ask(`/v1/runs/${runId}/tasks`), makePage(TaskSummary)).items
    expect(tasks.map(({ agent, status }) => [agent, status])).toContainEqual(['sketcher', 'completed'])
    const detail = expectAnswer(await api.ask(`/v1/tasks/${tasks[0]?.id}`), TaskDetail)
    expect(detail.attempts).toMatchObject([{ number: 1, outcome: 'completed', worker: 'outside' }])
    const artifacts = expectAnswer(await api.ask(`/v1/runs/${runId}/artifacts`), makePage(Artifact)).items
    const sketch = artifacts.find(({ name }) => name === 'Sketch')
    expectAnswer(await api.ask(`/v1/artifacts/${sketch?.id}`), Artifact)
    const content = await api.ask(`/v1/artifacts/${sketch?.id}/content`)
    expect([content.status, content.text]).toEqual([200, 'boxes and arrows'])
    expect(content.headers.get('content-type')).toBe('text/plain')
    expect(content.headers.get('content-disposition')).toBe('attachment; filename="Sketch-v1.txt"')
    expect(content.headers.get('x-content-type-options')).toBe('nosniff')
    const again = await api.ask(`/v1/artifacts/${sketch?.id}/content`, {
      headers: { 'if-none-match': content.headers.get('etag') ?? '' },
    })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('a person edits a document; a broken one is refused with the place', async () => {
    const { runId } = await startRun(api)
    const edit = (body: unknown) => api.ask(`/v1/runs/${runId}/artifacts`, { body })
    expectAnswer(await edit({ name: 'Idea', content: { text: 'A shared list of books' } }), CommandAnswer)
    const problem = expectProblem(await edit({ name: 'Idea', content: { text: 5 } }), 400)
    expect(problem.details['issues']).toMatchObject([{ pointer: '/text' }])
    expectProblem(await edit({ name: 'Nothing', content: {} }), 404)
  })

  test('a gate shows rubrics against minimums, reasons and its evidence', async () => {
    const { runId } = await startRun(api)
    await completeSketch(api, runId)
    await judgeSketch(api, runId, 0.4)
    const failed = expectAnswer(await api.ask(`/v1/runs/${runId}/gates/sketch`), GateDetail)
    expect(failed.rounds).toMatchObject([
      {
        round: 1,
        passed: false,
        passMark: 0.75,
        blocking: ['completeness: 0.40 of at least 1.00'],
        rubrics: [{ rubric: 'completeness', score: 0.4, min: 1, passed: false }],
      },
    ])
    await completeSketch(api, runId)
    await judgeSketch(api, runId)
    const passed = expectAnswer(await api.ask(`/v1/runs/${runId}/gates/sketch`), GateDetail)
    expect(passed.rounds.map((round) => [round.round, round.passed])).toEqual([
      [1, false],
      [2, true],
    ])
    expectProblem(await api.ask(`/v1/runs/${runId}/gates/nope`), 404, 'NOT_FOUND')
  })

  test('cost, logs and events', async () => {
    const { runId } = await startRun(api)
    const { task, token } = await claimTask(api, runId)
    const lines = [{ text: 'one' }, { stream: 'err', text: 'two' }]
    await api.ask(`/v1/tasks/${task.id}/log`, { body: { lines }, token })
    const log = expectAnswer(await api.ask(`/v1/runs/${runId}/logs`), makeSlice(LogLineView))
    expect(log.items.map(({ stream, text }) => [stream, text])).toEqual([
      ['out', 'one'],
      ['err', 'two'],
    ])
    const rest = await api.ask(`/v1/runs/${runId}/logs?after=${log.nextAfter}`)
    expect(expectAnswer(rest, makeSlice(LogLineView)).items).toEqual([])
    expectAnswer(await api.ask(`/v1/runs/${runId}/cost`), CostDetail)
    const events = expectAnswer(await api.ask(`/v1/events?run=${runId}&limit=200`), makeSlice(CloudEvent))
    expect(events.items[0]).toMatchObject({
      type: 'run.planned',
      subject: `runs/${runId}`,
      runid: runId,
      workspaceid: 'default',
      source: '/ropewalk/serve/1',
    })
    expect(events.items.at(-1)?.position).toBe(events.nextAfter)
  })

  test.each(['', '/tasks', '/artifacts', '/gates/sketch', '/cost', '/logs', '/dossier'])(
    'a missing run has no %s',
    async (part) => {
      expectProblem(await api.ask(`/v1/runs/${NO_RUN}${part}`), 404, 'NOT_FOUND')
    },
  )
})

describe('questions', () => {
  test('an agent asks, a person answers once and may change the answer', async () => {
    const { runId } = await startRun(api)
    const { task, token } = await claimTask(api, runId)
    const question = {
      text: 'Who may see a list?',
      category: 'clarification',
      priority: 'high',
      decisionImpact: 'Accounts or none.',
      defaultAnswer: 'Everybody.',
    }
    const outputs = [{ name: 'Sketch', mediaType: 'text/plain', content: 'boxes' }]
    const done = await api.ask(`/v1/tasks/${task.id}/complete`, {
      body: { outputs, questions: [question] },
      token,
    })
    expectAnswer(done, CommandAnswer)
    const page = await api.ask(`/v1/questions?run=${runId}&status=open`)
    const [open] = expectAnswer(page, makePage(QuestionView)).items
    expect((await readRun(api, runId)).questions).toEqual([open])
    const answer = (body: unknown) => api.ask(`/v1/questions/${open?.id}/answer`, { body })
    expectAnswer(await answer({ answer: 'Only friends.' }), CommandAnswer)
    const problem = expectProblem(await answer({ answer: 'Nobody.' }), 409, 'ALREADY_DECIDED')
    expect(problem.details).toMatchObject({ decidedBy: 'owner' })
    expectAnswer(await answer({ answer: 'Nobody.', change: true }), CommandAnswer)
    expectProblem(await api.ask(`/v1/questions/${NO_RUN}/answer`, { body: { answer: 'x' } }), 404)
  })

  test('with a form take values that fit it, and say of others what was expected', async () => {
    const { runId } = await startRun(api)
    const { task, token } = await claimTask(api, runId)
    const question = {
      text: 'Who may see a list?',
      category: 'clarification',
      priority: 'high',
      decisionImpact: 'Accounts or none.',
      defaultAnswer: 'Everybody.',
      form: {
        type: 'object',
        properties: { who: { type: 'string', enum: ['everybody', 'friends'] } },
        required: ['who'],
        additionalProperties: false,
      },
      defaultValues: { who: 'everybody' },
      policy: 'wait',
      risk: 'high',
    }
    const outputs = [{ name: 'Sketch', mediaType: 'text/plain', content: 'boxes' }]
    const complete = (asked: object) =>
      api.ask(`/v1/tasks/${task.id}/complete`, { body: { outputs, questions: [asked] }, token })
    const strange = await complete({ ...question, defaultValues: { who: 'nobody' } })
    expectProblem(strange, 400, 'INVALID_ARGUMENT')
    expectAnswer(await complete(question), CommandAnswer)
    const page = await api.ask(`/v1/questions?run=${runId}&status=open`)
    const [open] = expectAnswer(page, makePage(QuestionView)).items
    expect(open).toMatchObject({ form: question.form, policy: 'wait', risk: 'high', deadlineAt: null })
    const answer = (body: unknown) => api.ask(`/v1/questions/${open?.id}/answer`, { body })
    const refused = expectProblem(
      await answer({ answer: 'x', values: { who: 'me' } }),
      400,
      'INVALID_ARGUMENT',
    )
    expect(refused.details).toEqual({
      faults: [{ field: 'who', expected: 'one of "everybody", "friends"', got: '"me"' }],
    })
    expectAnswer(await answer({ answer: 'Friends' }), CommandAnswer)
    const read = expectAnswer(await api.ask(`/v1/questions/${open?.id}`), QuestionView)
    expect(read).toMatchObject({ status: 'accepted', answer: 'Friends', values: { who: 'friends' } })
  })
})

describe('the dossier', () => {
  test('is summed up from its folder once the ledger names it', async () => {
    const { runId } = await startRun(api)
    expectProblem(await api.ask(`/v1/runs/${runId}/dossier`), 404, 'NOT_FOUND')
    const digest = await publishDossier(api, runId)
    const answered = await api.ask(`/v1/runs/${runId}/dossier`)
    const summary = expectAnswer(answered, DossierSummary)
    expect(summary).toMatchObject({ digest, isHere: true, isIndexIntact: true, gaps: ['nothing was tested'] })
    expect(summary.keyId).toBe(openSigningKeys(api.home).keyId)
    expect(summary.page).toBe(path.join(getDossierDir(api.home, runId), 'index.html'))
    await writeFile(path.join(getDossierDir(api.home, runId), 'index.json'), '{')
    const broken = expectAnswer(await api.ask(`/v1/runs/${runId}/dossier`), DossierSummary)
    expect(broken).toMatchObject({ isHere: true, isIndexIntact: false, files: [] })
  })
})

/** Ends a run and publishes a small dossier for it. */
const publishDossier = async (on: TestApi, runId: string): Promise<string> => {
  await completeSketch(on, runId)
  await judgeSketch(on, runId)
  const { task, token } = await claimTask(on, runId, 'notes')
  const outputs = [
    { name: 'Clarifications', mediaType: 'application/json', content: { questions: [], notes: 'Clear.' } },
  ]
  expectAnswer(await on.ask(`/v1/tasks/${task.id}/complete`, { body: { outputs }, token }), CommandAnswer)
  const keys = openSigningKeys(on.home)
  const manifest = JSON.stringify({
    requirements: [{ id: 'REQ-001', title: 'Lists', verdict: 'gaps', reasons: ['nothing was tested'] }],
    gaps: [{ text: 'nothing was tested' }],
  })
  const index = canonicalText({
    version: 1,
    files: [
      {
        path: 'dossier.json',
        sha256: sha256(manifest),
        bytes: manifest.length,
        mediaType: 'application/json',
        about: 'all of it',
      },
    ],
  })
  const folder = getDossierDir(on.home, runId)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'dossier.json'), manifest)
  await writeFile(path.join(folder, 'index.json'), index)
  const envelope = makeEnvelope(
    {
      _type: STATEMENT_TYPE,
      subject: [{ name: 'index.json', digest: { sha256: sha256(index) } }],
      predicateType: PREDICATE_TYPE,
      predicate: {
        runId: RunId.parse(runId),
        title: 'A list',
        verdict: 'gaps',
        simulated: false,
        finishedAt: '2026-01-01T00:00:00.000Z',
        ledger: { stream: runId, seq: 1, hash: sha256('') },
      },
    },
    keys.privateKey,
  )
  await writeFile(path.join(folder, 'statement.dsse.json'), envelope)
  const digest = sha256(index)
  await on.engine.submit(
    {
      type: 'RecordDossier',
      workspaceId: WORKSPACE,
      runId: RunId.parse(runId),
      digest,
      verdict: 'gaps',
      keyId: keys.keyId,
      artifacts: 1,
    },
    { by: { kind: 'engine', id: 'dossier' } },
  )
  return digest
}

describe('an idempotency key', () => {
  test('gives a repeated request the first answer, also to fifty at once', async () => {
    const headers = { 'idempotency-key': 'start-1' }
    const ask = () => api.ask('/v1/runs', { body: { idea: 'Once' }, headers })
    const answers = await Promise.all(Array.from({ length: 50 }, ask))
    const runIds = new Set(answers.map((answered) => expectAnswer(answered, RunStarted, 202).runId))
    expect(runIds.size).toBe(1)
    expect(new Set(answers.map((answered) => answered.text)).size).toBe(1)
  })

  test('is refused with another body, and counts per address', async () => {
    const headers = { 'idempotency-key': 'start-2' }
    const first = await startRun(api)
    const second = await startRun(api)
    const pause = (runId: string, signal = 'pause') =>
      api.ask(`/v1/runs/${runId}/signals`, { body: { signal }, headers })
    expectAnswer(await pause(first.runId), CommandAnswer)
    expectAnswer(await pause(first.runId), CommandAnswer)
    expectProblem(await pause(first.runId, 'cancel'), 409, 'IDEMPOTENCY_CONFLICT')
    expectAnswer(await pause(second.runId), CommandAnswer)
    expect((await readRun(api, second.runId)).status).toBe('paused')
  })

  test('must be short visible text', async () => {
    for (const key of ['', 'x'.repeat(201), 'with space'])
      expectProblem(
        await api.ask('/v1/runs', { body: { idea: 'x' }, headers: { 'idempotency-key': key } }),
        400,
      )
  })
})

describe('the description', () => {
  test('is OpenAPI 3.1 in which every reference resolves and every route is named', async () => {
    const { status, json, text } = await api.ask('/v1/openapi.json')
    expect(status).toBe(200)
    const document = json as {
      openapi: string
      paths: Record<string, Record<string, { operationId?: string }>>
      components: { schemas: object }
    }
    expect(document.openapi).toBe('3.1.0')
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/gu)].map(([, ref]) => ref ?? '')
    const names = refs.map((ref) => ref.replace('#/components/schemas/', ''))
    expect(names.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([])
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.filter((id) => id === undefined)).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(25)
  })
})
