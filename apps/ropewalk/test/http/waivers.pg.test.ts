import { GateDetail } from '@ropewalk/core/contract/api/gates'
import { Readiness, ReadinessList } from '@ropewalk/core/contract/api/readiness'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { WaiverList, WaiverRequested } from '@ropewalk/core/contract/api/waivers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const NOBODY = '01890000-0000-7000-8000-000000000000'

const body = {
  phase: 'sketch',
  rubric: 'completeness',
  details: 'One box has no label.',
  owner: 'anna',
  justification: 'The label is on its way.',
  compensatingControl: 'A person looks at the sketch.',
  days: 3,
}

const request = async (runId: string, rest: object = {}) =>
  expectAnswer(
    await api.ask(`/v1/runs/${runId}/waivers`, { body: { ...body, ...rest } }),
    WaiverRequested,
    202,
  )

const listOf = async (runId: string) =>
  expectAnswer(await api.ask(`/v1/runs/${runId}/waivers`), WaiverList).items

const decide = (id: string, verb: string, said: object = {}) =>
  api.ask(`/v1/waivers/${id}/${verb}`, { body: said })

describe('waivers', () => {
  test('are asked for, approved, and let the gate pass; taken back, it judges again', async () => {
    const { runId } = await startRun(api)
    expect(await listOf(runId)).toEqual([])
    await completeSketch(api, runId)
    await judgeSketch(api, runId, 0)
    const { waiverId } = await request(runId)
    expect(await listOf(runId)).toMatchObject([
      { id: waiverId, runId, status: 'requested', requestedBy: 'owner', approvals: [], quorum: 1 },
    ])
    const approved = expectAnswer(await decide(waiverId, 'approve'), CommandAnswer)
    expect(approved).toMatchObject({ status: 'active', votes: 1 })
    expect((await readRun(api, runId)).phases.map(({ status }) => status)).toEqual(['passed', 'running'])
    expect((await listOf(runId))[0]).toMatchObject({ status: 'active', selfApproved: true })
    const gate = expectAnswer(await api.ask(`/v1/runs/${runId}/gates/sketch`), GateDetail)
    expect(gate.rounds.at(-1)).toMatchObject({
      passed: true,
      blocking: [],
      rubrics: [{ rubric: 'completeness', passed: false, waived: true }],
    })
    expectProblem(await decide(waiverId, 'approve'), 409, 'ALREADY_DECIDED')
    const revoked = expectAnswer(await decide(waiverId, 'revoke', { reason: 'No.' }), CommandAnswer)
    expect(revoked).toMatchObject({ status: 'revoked', reopened: true })
    expect((await readRun(api, runId)).phases.map(({ status }) => status)).toEqual(['gating', 'pending'])
  })

  test('are rejected with a reason, which a request cannot do without', async () => {
    const { runId } = await startRun(api)
    const { waiverId } = await request(runId)
    expectProblem(await decide(waiverId, 'reject'), 400, 'INVALID_ARGUMENT')
    expectAnswer(await decide(waiverId, 'reject', { reason: 'Mend it.' }), CommandAnswer)
    expect((await listOf(runId))[0]).toMatchObject({ status: 'rejected', reason: 'Mend it.' })
    expectProblem(await decide(waiverId, 'revoke', { reason: 'x' }), 409, 'INVALID_TRANSITION')
  })

  test.each([
    ['another rubric', { rubric: 'taste' }, 404, 'NOT_FOUND'],
    ['another phase', { phase: 'nowhere' }, 404, 'NOT_FOUND'],
    ['too long a time', { days: 31 }, 400, 'INVALID_ARGUMENT'],
    ['no reason', { justification: '' }, 400, 'INVALID_ARGUMENT'],
    ['more than is asked', { extra: 1 }, 400, 'INVALID_ARGUMENT'],
  ])('of %s are refused', async (_, rest, status, code) => {
    const { runId } = await startRun(api)
    const answered = await api.ask(`/v1/runs/${runId}/waivers`, { body: { ...body, ...rest } })
    expectProblem(answered, status, code)
  })

  test('of a run or by an id that is not there are not found', async () => {
    expectProblem(await api.ask(`/v1/runs/${NOBODY}/waivers`), 404, 'NOT_FOUND')
    expectProblem(await api.ask(`/v1/runs/${NOBODY}/waivers`, { body }), 404, 'NOT_FOUND')
    for (const verb of ['approve', 'reject', 'revoke']) {
      const said = verb === 'approve' ? {} : { reason: 'x' }
      expectProblem(await decide(NOBODY, verb, said), 404, 'NOT_FOUND')
    }
  })

  test('are no business of an agent', async () => {
    const { runId } = await startRun(api)
    const { token } = await claimTask(api, runId)
    const { waiverId } = await request(runId)
    const asked = await api.ask(`/v1/waivers/${waiverId}/approve`, { body: {}, token })
    expectProblem(asked, 403, 'FORBIDDEN')
    expectProblem(await api.ask(`/v1/runs/${runId}/waivers`, { body, token }), 403, 'FORBIDDEN')
  })
})

describe('readiness', () => {
  test('is told of one gate and of all', async () => {
    const { runId } = await startRun(api)
    await completeSketch(api, runId)
    await judgeSketch(api, runId, 0)
    const one = await api.ask(`/v1/runs/${runId}/gates/sketch/readiness`)
    expect(expectAnswer(one, Readiness)).toMatchObject({
      phase: 'sketch',
      ready: false,
      round: 2,
      score: 0,
      obstacles: [{ kind: 'rubric', name: 'completeness', weight: 1, waivable: true }],
    })
    const all = expectAnswer(await api.ask(`/v1/runs/${runId}/readiness`), ReadinessList)
    expect(all.items.map(({ phase }) => phase)).toEqual(['sketch', 'notes'])
    expectProblem(await api.ask(`/v1/runs/${runId}/gates/nowhere/readiness`), 404, 'NOT_FOUND')
    expectProblem(await api.ask(`/v1/runs/${NOBODY}/readiness`), 404, 'NOT_FOUND')
  })
})
