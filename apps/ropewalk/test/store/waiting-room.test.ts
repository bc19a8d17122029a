import { setTimeout as sleep } from 'node:timers/promises'
import { RopewalkError } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { expect, test } from 'vitest'
import { makeWaitingRoom } from '../../src/store/waiting-room.ts'

const A = WorkspaceId.parse('a')
const B = WorkspaceId.parse('b')
const log = { debug: () => undefined, warn: () => undefined }

/** Each waits for a number; `newest` is what there is. A look takes 10 ms, as a query may. */
const makeScene = () => {
  const scene = { newest: 0, looks: 0, atOnce: 0, most: 0, isBroken: false }
  const look = async (_id: WorkspaceId, waiters: readonly number[]) => {
    scene.looks += 1
    scene.atOnce += 1
    scene.most = Math.max(scene.most, scene.atOnce)
    const { newest } = scene
    await sleep(10)
    scene.atOnce -= 1
    if (scene.isBroken) throw new Error('no answer')
    return waiters.map((waiter) => {
      if (waiter < 0) return new RopewalkError('NOT_FOUND', 'There is no such thing.')
      return newest >= waiter ? newest : undefined
    })
  }
  return { scene, room: makeWaitingRoom({ look, log }) }
}

test('who waits is told soon after a hint, and what was there before at once', async () => {
  const { scene, room } = makeScene()
  const waiting = room.wait(A, 1, { timeoutMs: 5_000 })
  await sleep(40)
  const begun = performance.now()
  scene.newest = 1
  room.hear(['a'])
  expect(await waiting).toBe(1)
  expect(await room.wait(A, 1, { timeoutMs: 5_000 })).toBe(1)
  // Sooner than who was not told finds out, by looking once a second.
  expect(performance.now() - begun).toBeLessThan(900)
})

test('a lost hint is made up for by looking again', async () => {
  const { scene, room } = makeScene()
  const waiting = room.wait(A, 1, { timeoutMs: 5_000 })
  await sleep(40)
  scene.newest = 1
  expect(await waiting).toBe(1)
})

test('any number who wait share looks, one at a time, and hints of other workspaces ask for none', async () => {
  const { scene, room } = makeScene()
  const waiting = Array.from({ length: 500 }, (_, index) =>
    room.wait(A, 1 + (index % 2), { timeoutMs: 5_000 }),
  )
  for (let hint = 0; hint < 20; hint += 1) {
    room.hear(['a'])
    await sleep(2)
  }
  scene.newest = 2
  room.hear(['a'])
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([2]))
  expect(scene.most).toBe(1)
  expect(scene.looks).toBeLessThan(10)
  const { looks } = scene
  const other = room.wait(B, 9, { timeoutMs: 100 })
  await sleep(30)
  room.hear(['a'])
  expect(await other).toBeUndefined()
  expect(scene.looks).toBe(looks + 1)
})

test('who has no time at all is still told of what is there, and that there is nothing only then', async () => {
  const { scene, room } = makeScene()
  scene.newest = 1
  expect(await room.wait(A, 1, { timeoutMs: 0 })).toBe(1)
  expect(await room.wait(A, 2, { timeoutMs: 0 })).toBeUndefined()
  expect(scene.looks).toBe(2)
  scene.isBroken = true
  expect(await room.wait(A, 1, { timeoutMs: 0 })).toBeUndefined()
})

test('one who goes while a look for it is under way leaves the others looked after', async () => {
  const { scene, room } = makeScene()
  const patient = room.wait(B, 2, { timeoutMs: 10_000 })
  const controller = new AbortController()
  scene.newest = 1
  const gone = [1, 1, 1].map((waiter) =>
    room.wait(A, waiter, { timeoutMs: 5_000, signal: controller.signal }),
  )
  await sleep(3)
  controller.abort()
  expect(await Promise.all(gone)).toEqual([undefined, undefined, undefined])
  await sleep(30)
  scene.newest = 2
  expect(await patient).toBe(2)
})

test('nothing runs while nobody waits: not after a time-out, not after an abort', async () => {
  const { scene, room } = makeScene()
  const controller = new AbortController()
  const aborted = room.wait(A, 1, { timeoutMs: 60_000, signal: controller.signal })
  const late = room.wait(A, 1, { timeoutMs: 30 })
  await sleep(20)
  controller.abort()
  expect(await Promise.all([aborted, late])).toEqual([undefined, undefined])
  expect(await room.wait(A, 1, { timeoutMs: 60_000, signal: controller.signal })).toBeUndefined()
  await sleep(50)
  const { looks } = scene
  room.hear(['a'])
  await sleep(1200)
  expect(scene.looks).toBe(looks)
})

test('the refusal of one is its own, and a look that fails is not the last', async () => {
  const { scene, room } = makeScene()
  scene.isBroken = true
  const [refused, patient] = [room.wait(A, -1, { timeoutMs: 5_000 }), room.wait(A, 1, { timeoutMs: 5_000 })]
  refused.catch(() => undefined)
  await sleep(30)
  scene.isBroken = false
  scene.newest = 1
  room.hear(['a'])
  await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await patient).toBe(1)
})

test('when it closes, nobody waits any more', async () => {
  const { room } = makeScene()
  const waiting = [room.wait(A, 1, { timeoutMs: 60_000 }), room.wait(B, 1, { timeoutMs: 60_000 })]
  room.close()
  expect(await Promise.all(waiting)).toEqual([undefined, undefined])
  expect(await room.wait(A, 1, { timeoutMs: 60_000 })).toBeUndefined()
})
