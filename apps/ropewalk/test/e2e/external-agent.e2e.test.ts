import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClaimedTaskView } from '@ropewalk/core/contract/api/claims'
import type { TaskDetail } from '@ropewalk/core/contract/api/tasks'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  readRun,
  type ProgramHome,
  type Started,
} from '../support/program.ts'

const AGENT = path.resolve(import.meta.dirname, '../../../../examples/external-agent/agent.mjs')
const STORY = {
  id: 'US-001',
  as: 'publisher',
  want: 'A link is stored.',
  so_that: 'It can be printed.',
  requirements: ['REQ-001'],
  acceptance: ['POST /links answers 201.'],
}

let program: ProgramHome
let server: Started
let url: string
let apiToken: string

const ask = async (method: string, at: string, token: string, body?: unknown) => {
  const response = await fetch(new URL(at, url), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as { code?: string } }
}

const claim = async (): Promise<ClaimedTaskView> => {
  for (;;) {
    const { status, body } = await ask('POST', '/v1/tasks/claim', apiToken, {
      worker: 'silent',
      capabilities: ['story-writer'],
      leaseSeconds: 5,
    })
    expect(status).toBe(200)
    const [task] = (body as { tasks: ClaimedTaskView[] }).tasks
    if (task !== undefined) return task
    await sleep(200)
  }
}

/** The example's agent, as a process of its own; gives what it told. */
const runAgent = async (): Promise<readonly Record<string, unknown>[]> => {
  const agent = spawn(process.execPath, [AGENT], {
    env: { PATH: process.env['PATH'] ?? '', ROPEWALK_URL: url, ROPEWALK_TOKEN: apiToken },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Record<string, unknown>[] = []
  createInterface({ input: agent.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>)
  })
  await once(agent, 'close')
  expect(agent.exitCode).toBe(0)
  return lines
}

beforeAll(async () => {
  program = await makeProgramHome('short')
  const playbook = program.copyPlaybook('outside', [
    { file: 'agents/prd/story-cutter.md', from: 'kind: model', to: 'kind: external' },
    { file: 'agents/prd/story-cutter.md', from: 'capability: model', to: 'capability: story-writer' },
  ])
  server = program.start(['up', '--json'], { ROPEWALK_PLAYBOOK: playbook })
  await vi.waitUntil(() => server.getStdout().includes('\n'), { timeout: 60_000 })
  const up = JSON.parse(server.getStdout().split('\n')[0] ?? '') as { url: string; tokenFile: string }
  url = up.url
  apiToken = readFileSync(up.tokenFile, 'utf8').trim()
})

afterAll(() => program.remove())

describe('a task of an agent outside', () => {
  it('is taken over from an agent that went silent, with its checkpoint, and counts once', async () => {
    const run = program.start([
      'run',
      'a link shortener with click counts',
      '--json',
      '--clarification',
      'autonomous',
      ...CONFINEMENT,
    ])
    const first = await claim()
    const at = (verb: string) => `/v1/tasks/${first.task.id}/${verb}`
    expect(first).toMatchObject({
      attempt: 1,
      checkpoint: null,
      task: { kind: 'external', output: 'UserStories' },
    })
    const kept = await ask('POST', at('checkpoint'), first.token, {
      token: 'one',
      data: { stories: [STORY] },
    })
    expect(kept.status).toBe(200)
    // The token of a task opens nothing but that task, and that of the API ends no task.
    expect((await ask('GET', '/v1/runs', first.token)).status).toBe(403)
    expect((await ask('POST', at('heartbeat'), apiToken, {})).status).toBe(403)

    const told = await runAgent()
    expect(told[0]).toMatchObject({ type: 'claimed', attempt: 2, resumedWith: 1 })
    expect(told.at(-1)).toMatchObject({ type: 'completed', attempt: 2 })

    const outputs = [{ name: 'UserStories', mediaType: 'application/json', content: { stories: [STORY] } }]
    for (const [verb, body] of [
      ['heartbeat', {}],
      ['checkpoint', { token: 'late', data: {} }],
      ['log', { lines: [{ text: 'late' }] }],
      ['complete', { outputs }],
      ['fail', { errorClass: 'fatal', message: 'late' }],
    ] as const) {
      const late = await ask('POST', at(verb), first.token, body)
      expect([verb, late.status, late.body.code]).toEqual([verb, 409, 'STALE_ATTEMPT'])
    }

    const { result, events } = readRun(await run.ended)
    expect(result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT })
    const ends = events.filter(
      ({ type, data }) => type === 'task.completed' && data['taskId'] === first.task.id,
    )
    expect(ends.map(({ data }) => [data['attempt'], data['worker'], data['tool']])).toEqual([
      [2, 'story-writer-1', 'story-writer'],
    ])
    const { body } = await ask('GET', `/v1/tasks/${first.task.id}`, apiToken)
    expect((body as unknown as TaskDetail).attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'lost'],
      [2, 'completed'],
    ])
  })

  it('may not be one of our own kinds: those meter models and confine code', async () => {
    for (const capability of ['model', 'coder', 'tool', 'guard']) {
      const refused = await ask('POST', '/v1/tasks/claim', apiToken, {
        worker: 'stranger',
        capabilities: [capability],
      })
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN'])
    }
  })
})
