import { RepoManifest } from '@ropewalk/core/contract/documents'
import { RopewalkError } from '@ropewalk/core/errors'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AgentJob } from '../../../src/worker/agent-runtime.ts'
import { makeCoderRuntime } from '../../../src/worker/agents/coder.ts'
import { makeRunConfined } from '../../../src/worker/confine/run-confined.ts'
import { makeRunRepositories, type Worktree } from '../../../src/repo/git/run-repositories.ts'
import { LEAN_FILES } from '../../support/model-answers.ts'
import { getGoodReply, startModelServer, type ModelServer } from '../../support/model-server.ts'
import { makeJob, type JobOptions } from './make-job.ts'

const ALL = ['repo.list', 'repo.read', 'repo.search', 'repo.write', 'repo.patch', 'repo.run', 'artifact.read']
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
let server: ModelServer
let home: string
let worktree: Worktree
let repositories: ReturnType<typeof makeRunRepositories>

beforeAll(async () => {
  server = await startModelServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ropewalk-coder-'))
  repositories = makeRunRepositories(home)
  worktree = await repositories.makeWorktree(
    { workspaceId: 'default', runId: randomUUID(), taskId: randomUUID(), attempt: 1 },
    null,
  )
  server.setScript(() => ({ type: 'good' }))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const prepare = (options: JobOptions = {}, entry = 'openai/test-model') => {
  const recorded = makeJob({
    kind: 'coder',
    output: 'SourceCode',
    tools: ALL,
    worktree: { dir: worktree.dir, baseCommit: null },
    commit: (message) => repositories.commitWorktree(worktree, message),
    runConfined: makeRunConfined({ mode: 'allowed-without', protectedDirs: [], log }),
    ...options,
  })
  const access = {
    list: [entry],
    keys: { openai: 'k-000000', anthropic: 'k-000000', compatible: 'k-000000' },
    baseUrls: { openai: server.baseUrl, anthropic: server.baseUrl, compatible: server.baseUrl },
  }
  const runtime = makeCoderRuntime({ access, grantSecrets: () => Promise.resolve({}), callTimeoutMs: 10_000 })
  return { ...recorded, start: () => runtime(recorded.job), calls: server.requests.length }
}

test.for(['openai/test-model', 'anthropic/claude-sonnet-4-5', 'compatible/test-model'])(
  '%s: a session writes a service, its tests pass, and the commit holds it',
  async (entry) => {
    const { start, checkpoints, settlements, logs } = prepare({}, entry)
    const result = await start()
    expect(result.outputs.map((output) => output.name)).toEqual(['SourceCode', 'RepoManifest'])
    expect(result.outputs[0]).toMatchObject({ bytes: 'bundle', commit: result.commit, simulated: false })
    expect(
      RepoManifest.parse(JSON.parse(Buffer.from(result.outputs[1]?.bytes as Uint8Array).toString('utf8')))
        .tests,
    ).toEqual(['test/requirements.test.js'])
    expect(result.usage.modelCalls).toBe(3)
    expect(result.usage.toolMs).toBeGreaterThan(0)
    expect(settlements.size).toBe(3)
    expect(checkpoints.length).toBeGreaterThan(0)
    expect(logs.join('\n')).toMatch(/tests of the worktree: exit code 0, \d+ ms, 6 passed/u)
    const bundle = join(home, 'code.bundle')
    await writeFile(bundle, await repositories.makeBundle(worktree.runId, result.commit ?? ''))
    execFileSync('git', ['clone', '--quiet', bundle, join(home, 'clone')])
    expect(await readFile(join(home, 'clone/src/service.js'), 'utf8')).toBe(LEAN_FILES['src/service.js'])
  },
)

test('what fails the tests goes back to the model until it is mended', async () => {
  let broken = true
  server.setScript((request) => {
    if (request.toolResults === 0 && broken) {
      broken = false
      const calls = Object.entries(LEAN_FILES).map(([path, content]) => ({
        name: 'repo_write',
        input: { path, content: content.replace('link.clicks += 1', 'link.clicks += 2') },
      }))
      return { type: 'tools', calls }
    }
    if (request.text.includes('the engine checked') || request.text.includes('The engine checked'))
      return request.text.includes('"search') || request.toolResults > Object.keys(LEAN_FILES).length
        ? { type: 'text', text: 'Mended.' }
        : {
            type: 'tools',
            calls: [
              {
                name: 'repo_patch',
                input: {
                  path: 'src/service.js',
                  edits: [{ search: 'link.clicks += 2', replace: 'link.clicks += 1' }],
                  diff: null,
                },
              },
            ],
          }
    return { type: 'text', text: 'Done.' }
  })
  const { start, logs } = prepare()
  const result = await start()
  expect(logs.join('\n')).toContain('not done yet: node --test: exit code 1')
  expect(server.requests.at(-1)?.text).toContain('REQ-003')
  expect(result.commit).toMatch(/^[0-9a-f]{40}$/u)
})

test('at its ceiling it hands in what it has, for the gate to judge', async () => {
  server.setScript((request) =>
    request.toolResults === 0
      ? {
          type: 'tools',
          calls: Object.entries(LEAN_FILES).map(([path, content]) => ({
            name: 'repo_write',
            input: { path, content: content.replace('link.clicks += 1', '') },
          })),
        }
      : { type: 'text', text: 'Done.' },
  )
  const { start, logs } = prepare({ maxModelCalls: 3 })
  const result = await start()
  expect(result.usage.modelCalls).toBe(3)
  expect(logs.join('\n')).toContain('handing in for the gate to judge')
})

test('at its ceiling without a manifest it fails as schema', async () => {
  server.setScript(() => ({ type: 'text', text: 'I am done.' }))
  await expect(prepare({ maxModelCalls: 2 }).start()).rejects.toMatchObject({
    failure: { errorClass: 'schema', usage: { modelCalls: 2 } },
  })
})

test('a budget of zero makes no call', async () => {
  const { start, calls } = prepare({ capMicros: 0 })
  await expect(start()).rejects.toMatchObject({ failure: { errorClass: 'budget' } })
  expect(server.requests.length).toBe(calls)
})

test('an attempt that was cut off is taken up from its checkpoint', async () => {
  server.setScript((request) =>
    request.toolResults === 0 ? getGoodReply(request) : { type: 'status', status: 500 },
  )
  const first = prepare()
  await expect(first.start()).rejects.toMatchObject({ failure: { errorClass: 'transient' } })
  worktree = await repositories.makeWorktree(
    { workspaceId: 'default', runId: worktree.runId, taskId: randomUUID(), attempt: 2 },
    null,
  )
  expect(existsSync(join(worktree.dir, 'src/service.js'))).toBe(false)
  server.setScript(() => ({ type: 'text', text: 'It was all there.' }))
  const second = prepare({ attempt: 2, checkpoint: first.checkpoints.at(-1)?.data })
  const result = await second.start()
  expect(result.usage.modelCalls).toBe(1)
  expect(server.requests.at(-1)?.text).toContain('cut off')
})

test('a checkpoint of another base is left alone', async () => {
  server.setScript(() => ({ type: 'text', text: 'Nothing to do.' }))
  const data = { kind: 'coder', baseCommit: '0'.repeat(40), files: LEAN_FILES }
  await expect(prepare({ checkpoint: data, maxModelCalls: 1 }).start()).rejects.toMatchObject({
    failure: { errorClass: 'schema' },
  })
})

test('no sandbox ends the attempt as tool_infra, and is not left to the model', async () => {
  const { start, calls } = prepare({
    runConfined: () => Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'No sandbox here.')),
  })
  await expect(start()).rejects.toMatchObject({
    failure: { errorClass: 'tool_infra', message: expect.stringContaining('No sandbox') as string },
  })
  expect(server.requests.length - calls).toBe(2)
})

const getFirstMessage = async (job: AgentJob): Promise<string> => {
  const calls = server.requests.length
  const access = {
    list: ['openai/test-model'],
    keys: { openai: 'k-000000' },
    baseUrls: { openai: server.baseUrl },
  }
  await makeCoderRuntime({ access, grantSecrets: () => Promise.resolve({}), callTimeoutMs: 10_000 })(job)
  return server.requests[calls]?.text ?? ''
}

test('a coder is told which files others of its phase wrote', async () => {
  const { job } = prepare()
  const told = await getFirstMessage({ ...job, changedBefore: ['src/store.js', 'test/store.test.js'] })
  expect(told).toContain('Coders before you in this phase wrote or changed these files')
  expect(told).toContain('src/store.js')
  expect(await getFirstMessage(prepare().job)).not.toContain('Coders before you')
})

const STORIES = ['US-001', 'US-002'].map((id) => ({
  id,
  as: 'a reader',
  want: `the wish of ${id}`,
  so_that: 'it is there',
  requirements: ['REQ-001'],
  acceptance: ['Given one, when it is asked for, then it comes.'],
}))

const makeStoryJob = (inputs: Readonly<Record<string, unknown>>): AgentJob => {
  const { job } = prepare({ inputs: { UserStories: { stories: STORIES }, ...inputs } })
  const agent = job.context.agent
  return agent === null
    ? job
    : { ...job, context: { ...job.context, agent: { ...agent, inputs: ['UserStories', 'StoryProgress'] } } }
}

test('in the story loop the story that the last judgement named is at hand, and the first before any', async () => {
  expect(await getFirstMessage(makeStoryJob({}))).toContain('The story at hand is US-001.')
  const progress = {
    tool: 'ropewalk-story-validator',
    toolVersion: '1.0.0',
    argv: null,
    revision: null,
    outcome: 'done',
    reason: null,
    done: ['US-001'],
    remaining: [{ id: 'US-002', reason: 'No test that passes names it.' }],
    next: 'US-002',
  }
  const told = await getFirstMessage(makeStoryJob({ StoryProgress: progress }))
  expect(told).toContain('The story at hand is US-002.')
  expect(told).toContain('No test that passes names it.')
  const over = { ...progress, done: ['US-001', 'US-002'], remaining: [], next: null }
  expect(await getFirstMessage(makeStoryJob({ StoryProgress: over }))).not.toContain('The story at hand')
})

test('a fix round is told what the gate refused', async () => {
  const { start } = prepare({ fix: { artifact: 'SourceCode', reasons: ['REQ-002 has no test'] } })
  await start()
  expect(server.requests.at(-1)?.text).toContain('REQ-002 has no test')
})
