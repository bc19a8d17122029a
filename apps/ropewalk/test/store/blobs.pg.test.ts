import { sha256 } from '@ropewalk/core/canonical'
import { hasCode } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_BLOB_BYTES } from '../../src/store/blobs.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { sweepStore } from '../../src/store/sweep.ts'
import { makePhaseOf } from '../engine/support/plans.ts'
import {
  PERSON,
  WORKSPACE,
  claimOne,
  complete,
  makeOutput,
  makeStart,
  startStage,
  type Stage,
} from '../engine/support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

test('bytes come back as they were put, under their digest, in their workspace alone', async () => {
  const { blobs, store } = stage.engine
  const other = WorkspaceId.parse('other')
  await createWorkspace(store, { id: other, capMicros: 0 })
  const bytes = Buffer.from([0, 1, 2, 255, 0, 10, 39, 92])
  const digest = await blobs.put(WORKSPACE, bytes)
  expect(digest).toBe(sha256(bytes))
  expect(await blobs.put(WORKSPACE, bytes)).toBe(digest)
  expect(await blobs.read(WORKSPACE, digest)).toEqual(bytes)
  expect(await blobs.has(other, digest)).toBe(false)
  expect(hasCode(await blobs.read(other, digest).catch((error: unknown) => error), 'NOT_FOUND')).toBe(true)
  expect(await blobs.read(WORKSPACE, await blobs.put(WORKSPACE, Buffer.alloc(0)))).toHaveLength(0)
})

test('32 MB are the most', async () => {
  const { blobs } = stage.engine
  const largest = Buffer.alloc(MAX_BLOB_BYTES, 7)
  const digest = await blobs.put(WORKSPACE, largest)
  expect((await blobs.read(WORKSPACE, digest)).equals(largest)).toBe(true)
  const answer = await blobs.put(WORKSPACE, Buffer.alloc(MAX_BLOB_BYTES + 1)).catch((error: unknown) => error)
  expect(hasCode(answer, 'PAYLOAD_TOO_LARGE')).toBe(true)
})

test('the sweep takes what nothing named within a day, and that alone', async () => {
  const { engine } = stage
  const named = await engine.blobs.put(WORKSPACE, Buffer.from('named by an output'))
  const idea = await engine.blobs.put(WORKSPACE, Buffer.from('named as the idea'))
  const loose = await engine.blobs.put(WORKSPACE, Buffer.from('named by nothing'))
  const command = makeStart(makePhaseOf(1, 'sequential'))
  await engine.submit({ ...command, idea: { ...command.idea, digest: idea } }, { by: PERSON })
  const task = await claimOne(engine)
  await complete(engine, task, { outputs: [{ ...makeOutput(task.spec.output ?? ''), digest: named }] })
  expect((await sweepStore(engine.store, [WORKSPACE])).blobs).toBe(0)
  await stage.shiftTime('23 hours')
  const again = await engine.blobs.put(WORKSPACE, Buffer.from('put again'))
  await stage.shiftTime('25 hours')
  expect((await sweepStore(engine.store, [WORKSPACE])).blobs).toBeGreaterThan(0)
  const left = await Promise.all(
    [named, idea, loose, again].map((digest) => engine.blobs.has(WORKSPACE, digest)),
  )
  expect(left).toEqual([true, true, false, true])
})
