import { analyse } from '@ropewalk/core/analysis/analyse'
import { makeProgram, type SourceFile } from '@ropewalk/core/analysis/dev-files'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import type { ItemId, ProjectId } from '@ropewalk/core/ids'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { findSandbox } from '../../../src/worker/confine/find-sandbox.ts'
import { startTestEngine, type TestEngine } from '../support/test-engine.ts'
import { WORKSPACE, waitFor } from '../support/worker-stage.ts'
import { makeWorkStage, type WorkStage } from './support/work-stage.ts'

let test: TestEngine
let engine: RunningEngine
let stage: WorkStage

beforeAll(async () => {
  test = await startTestEngine()
  engine = test.engine
})
afterAll(async () => {
  await test.stop()
})
beforeEach(() => {
  stage = makeWorkStage(engine, test.log)
})
afterEach(async () => {
  await stage.stop()
})

const PARAMETERS = { requirements: 'Recognise invoices' }
const RULES = [{ id: 'R-1', fingerprint: 'invoice', example: 'The invoice' }]
const makeFiles = (change: Readonly<Record<string, string>>): SourceFile[] =>
  makeProgram(RULES).map(({ path, text }) => ({ path, text: change[path] ?? text }))

const makeCode = (files: readonly SourceFile[]): DeliverableBody => {
  const order = {
    capability: 'dev',
    title: 'Write it',
    parameters: PARAMETERS,
    batch: 1,
    batches: 1,
  }
  const result = analyse({ agent: 'dev', order, rows: null, inputs: [] })
  if (result.type !== 'done') throw new Error('There is no program to start from.')
  const content = { entry: 'count.mjs', test: 'rules.test.mjs', files: files.map((file) => ({ ...file })) }
  return DeliverableBody.parse({ ...result.body, content })
}

/** A project whose program was handed in by somebody else, ready to be tested. */
const startWithCode = async (
  files: readonly SourceFile[],
): Promise<{ projectId: ProjectId; testId: ItemId }> => {
  const { projectId, ids } = await stage.startProject([{ key: 'dev' }, { key: 'test', dependsOn: ['dev'] }], {
    parameters: PARAMETERS,
  })
  const worker = `outsider-${projectId}`
  const claim = { worker, capabilities: ['dev'], limit: 1, leaseMs: 30_000, workspaceId: WORKSPACE }
  const work = await waitFor('the work of dev', async () => (await engine.claimWork(claim))[0])
  await engine.releaseWorker({ workspaceId: WORKSPACE, worker })
  const { taskId, attempt } = work
  await engine.completeWork({
    ...{ workspaceId: WORKSPACE, taskId, attempt, worker, tool: 'test', toolVersion: '1' },
    deliverables: [{ name: 'code', type: 'code', body: makeCode(files) }],
    evidence: [{ kind: 'source', statement: 'Written by hand.', exitCode: null, digest: null }],
  })
  await stage.waitForItem(ids['dev'], 'done')
  if (ids['test'] === undefined) throw new Error('There is no item to test.')
  return { projectId, testId: ids['test'] }
}

const readFailure = async (testId: ItemId) => {
  await stage.waitForItem(testId, 'failed')
  const { failureCategory, failureMessage } = await engine.readItem(WORKSPACE, testId)
  return `${failureCategory ?? ''}: ${failureMessage ?? ''}`
}

describe('a program of somebody else', () => {
  it('that is right passes, and the evidence says how it ended', async () => {
    stage.start(['test'])
    const { projectId, testId } = await startWithCode(makeFiles({}))
    await stage.waitForItem(testId, 'done')
    const confined = (await findSandbox()).available ? 'yes' : 'no'
    expect((await stage.readBodies(projectId)).get('test_report')?.content).toMatchObject({
      exitCode: 0,
      confined,
    })
  })

  it('whose tests fail is not passed', async () => {
    stage.start(['test'])
    const broken =
      "import { test } from 'node:test'\ntest('it works', () => { throw new Error('it does not') })\n"
    const { testId } = await startWithCode(makeFiles({ 'rules.test.mjs': broken }))
    expect(await readFailure(testId)).toMatch(
      /^REASONING_CONTRADICTION: Tests failed \(1\): it works: it does not/u,
    )
  })

  it('that ends before its tests began is not passed', async () => {
    stage.start(['test'])
    const empty = '// no test( here\nprocess.exit(0)\n'
    const { testId } = await startWithCode(makeFiles({ 'rules.test.mjs': empty }))
    expect(await readFailure(testId)).toContain('not one test was run')
  })

  it('that passes its own tests and miscounts the records is not passed', async () => {
    stage.start(['test'])
    const counts = `process.stdout.write(JSON.stringify({ rows: 60, hundredths: 1, categories: [], rules: [] }))\n`
    const { testId } = await startWithCode(makeFiles({ 'count.mjs': counts }))
    expect(await readFailure(testId)).toContain('it counts 0.01 minutes, the records have')
  })

  it('that changes its files while it is tested has no say in the sums', async () => {
    stage.start(['test'])
    const sneaky =
      "import { test } from 'node:test'\nimport { writeFileSync } from 'node:fs'\n" +
      "test('x', () => writeFileSync('count.mjs', 'process.stdout.write(\"{}\")'))\n"
    const { testId } = await startWithCode(makeFiles({ 'rules.test.mjs': sneaky }))
    await stage.waitForItem(testId, 'done')
  })
})

describe('without a sandbox', () => {
  const findNone = () => Promise.resolve({ available: false, reason: 'there is none' } as const)

  it('a program is not run, and what was not run has not passed', async () => {
    stage.start(['test'], { mayRunUnconfined: false, findSandbox: findNone })
    const { testId } = await startWithCode(makeFiles({}))
    await waitFor('a failed attempt', async () => {
      const { items } = await engine.listEvents(WORKSPACE, { after: 0, limit: 200 }).then((all) => ({
        items: all.filter(({ type, data }) => type === 'WORK.ATTEMPT_ENDED' && data['itemId'] === testId),
      }))
      return items.find(({ data }) => String(data['message']).includes('were not run, which is no pass'))
    })
    expect((await engine.readItem(WORKSPACE, testId)).status).not.toBe('done')
  })

  it('it is run where the operator allowed it, and the report says so', async () => {
    stage.start(['test'], { mayRunUnconfined: true, findSandbox: findNone })
    const { projectId, testId } = await startWithCode(makeFiles({}))
    await stage.waitForItem(testId, 'done')
    expect((await stage.readBodies(projectId)).get('test_report')?.content).toMatchObject({ confined: 'no' })
  })
})

describe('a worker whose work takes longer than its lease', () => {
  it('keeps renewing it, so that nobody else begins the work', async () => {
    const slow =
      "import { test } from 'node:test'\ntest('it takes long', () => new Promise((go) => setTimeout(go, 3500)))\n"
    stage.start(['test'], { config: { concurrency: 2, leaseSeconds: 1 } })
    const { testId } = await startWithCode(makeFiles({ 'rules.test.mjs': slow }))
    await stage.waitForItem(testId, 'done')
    const { work } = await engine.readItemWhole(WORKSPACE, testId)
    expect(work.map(({ attempt }) => attempt)).toEqual([1])
  })
})

describe('a worker that is stopped', () => {
  it('hands back what it holds, and the item is done by the next', async () => {
    const hang =
      "import { test } from 'node:test'\ntest('it waits', () => new Promise((go) => setTimeout(go, 50_000)))\n"
    const slow = stage.start(['test'], { finishMs: 100 })
    const { testId } = await startWithCode(makeFiles({ 'rules.test.mjs': hang }))
    await stage.waitForItem(testId, 'in_progress')
    const startedAt = performance.now()
    await slow.stop()
    expect(performance.now() - startedAt).toBeLessThan(8000)
    const { status, reasons } = await engine.readItem(WORKSPACE, testId)
    expect({ status, reasons }).toEqual({ status: 'ready', reasons: [] })
    const claim = {
      worker: 'next',
      capabilities: ['test'],
      limit: 1,
      leaseMs: 30_000,
      workspaceId: WORKSPACE,
    }
    const work = await waitFor('the next attempt', async () => (await engine.claimWork(claim))[0])
    expect(work.attempt).toBe(2)
  })
})
