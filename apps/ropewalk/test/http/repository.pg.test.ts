import { rmSync } from 'node:fs'
import path from 'node:path'
import { PlanView, RunDetail, RunStarted } from '@ropewalk/core/contract/api/runs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../src/repo/open-repository.ts'
import { packRepository } from '../../src/repo/pack-repository.ts'
import { commitAll, copyShelf, git, makeFolder, writeFiles } from '../repo/support/repositories.ts'
import { expectAnswer, expectProblem, readRun } from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'

let folder = ''
let shelf = ''
let api: TestApi
beforeAll(async () => {
  folder = makeFolder()
  shelf = copyShelf(path.join(folder, 'allowed'))
  api = await startApi({}, { repoRoots: [path.join(folder, 'allowed')] })
})
afterAll(async () => {
  await api.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (repo: unknown, to = '/v1/runs') =>
  api.ask(to, { body: { idea: 'Mend the fees', budgetUsd: 0, repo } })

const upload = async (bytes: Uint8Array) =>
  api.ask('/v1/bundles', {
    raw: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  })

const listArtifacts = async (runId: string) => {
  const page = (await api.ask(`/v1/runs/${runId}/artifacts`)).json as {
    items: { id: string; name: string; version: number; commit: string | null; phase: string }[]
  }
  return page.items
}

describe('a run that is asked for over HTTP', () => {
  test('starts from a bundle that was sent, and needs no folder', async () => {
    const found = await openRepository(shelf)
    const bytes = await packRepository(found, path.join(folder, 'scratch'))
    const { digest } = (await upload(bytes)).json as { digest: string }
    const repo = { name: 'shelf', commit: found.commit, branch: 'main', bundle: digest }
    const { runId } = expectAnswer(await ask(repo), RunStarted, 202)
    const run = await readRun(api, runId)
    expect(run).toMatchObject({ repo, acceptedCommit: found.commit })
    const artifacts = await listArtifacts(runId)
    expect(
      new Set(artifacts.map(({ name, version, commit }) => `${name} ${version} ${commit ?? ''}`)),
    ).toEqual(new Set(['Idea 1 ', 'RepoContext 1 ', 'RepoManifest 1 ', `SourceCode 1 ${found.commit}`]))
    const context = artifacts.find(({ name }) => name === 'RepoContext')
    const content = await api.ask(`/v1/artifacts/${context?.id ?? ''}/content`)
    expect(content.text).toContain('Neighbours lend each other books')
    expect(content.text + JSON.stringify(run)).not.toContain(folder)
  })

  test('starts from a folder that the operator allowed, and from no other', async () => {
    const { runId } = expectAnswer(await ask({ path: shelf }), RunStarted, 202)
    expect(await readRun(api, runId)).toMatchObject({ repo: { name: 'shelf', branch: 'main' } })
    const outside = copyShelf(folder)
    for (const bad of [outside, path.join(shelf, '../../shelf'), '/etc', 'shelf', path.join(folder, 'none')])
      expect(expectProblem(await ask({ path: bad }), 403, 'FORBIDDEN').detail).toContain('repoRoots')
  })

  test('is refused where the folder has changes, unless they are known', async () => {
    writeFiles(shelf, { 'src/new.js': 'x' })
    expectProblem(await ask({ path: shelf }), 409, 'CONFLICT')
    expectAnswer(await ask({ path: shelf, allowDirty: true }), RunStarted, 202)
    rmSync(path.join(shelf, 'src/new.js'))
  })

  test('shows in its plan what was found, and starts nothing', async () => {
    const plan = expectAnswer(await ask({ path: shelf }, '/v1/plans'), PlanView)
    expect(plan.repo).toMatchObject({ kind: 'service', test_runner: 'node:test' })
  })

  test('is refused for a bundle that was never sent, is none, or lacks the commit', async () => {
    const { commit } = await openRepository(shelf)
    const make = (bundle: string, of = commit) => ({ name: 'shelf', commit: of, branch: null, bundle })
    expectProblem(await ask(make('a'.repeat(64))), 400, 'INVALID_ARGUMENT')
    const noise = (await upload(Buffer.from('no bundle at all'))).json as { digest: string }
    expectProblem(await ask(make(noise.digest)), 400, 'INVALID_ARGUMENT')
    const found = await openRepository(shelf)
    const whole = (await upload(await packRepository(found, path.join(folder, 'scratch')))).json as {
      digest: string
    }
    expectProblem(await ask(make(whole.digest, 'a'.repeat(40))), 400, 'INVALID_ARGUMENT')
    expectProblem(await upload(new Uint8Array()), 400, 'INVALID_ARGUMENT')
    expectProblem(await api.ask('/v1/bundles', { body: { a: 1 } }), 415)
    expectProblem(await ask({ ...make(whole.digest), path: shelf }), 400, 'INVALID_ARGUMENT')
  })

  test('is refused with the place where the project’s own commands are wrong', async () => {
    writeFiles(shelf, { '.ropewalk/commands.yaml': 'test: a && b' })
    commitAll(shelf, 'Name a command')
    expect(expectProblem(await ask({ path: shelf }), 400).detail).toContain('.ropewalk/commands.yaml, test')
    git(shelf, 'reset', '--quiet', '--hard', 'HEAD~1')
  })
})

test('a fork from the first phase has what the other run had of its repository', async () => {
  const { runId } = expectAnswer(await ask({ path: shelf }), RunStarted, 202)
  const forked = expectAnswer(
    await api.ask(`/v1/runs/${runId}/fork`, { body: { phase: 'sketch', budgetUsd: 0 } }),
    RunStarted,
    202,
  )
  const first = await readRun(api, runId)
  const run = expectAnswer(await api.ask(`/v1/runs/${forked.runId}`), RunDetail)
  expect(run).toMatchObject({ repo: first.repo, acceptedCommit: first.acceptedCommit })
  expect((await listArtifacts(forked.runId)).map(({ name }) => name)).toContain('RepoContext')
})
