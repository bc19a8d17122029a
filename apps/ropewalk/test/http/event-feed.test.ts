import { WorkspaceId } from '@ropewalk/core/ids'
import { afterEach, expect, test } from 'vitest'
import type { EventView } from '../../src/engine/contract.ts'
import { startEventFeed, type EventFeed } from '../../src/http/event-feed.ts'

const workspaceId = WorkspaceId.parse('default')

type Source = { readonly feed: EventFeed; readonly commit: () => void; readonly getReads: () => number }

let feed: EventFeed | undefined
afterEach(() => feed?.stop())

/** A feed on a ledger of nothing but a count; it polls too seldom to help here. */
const start = (): Source => {
  let commit = (): void => undefined
  let reads = 0
  feed = startEventFeed(
    {
      onCommit: (listener) => {
        commit = () => listener({ tasksReady: false, itemsReady: false, workspaceIds: [workspaceId] })
        return () => undefined
      },
      listEvents: async (): Promise<readonly EventView[]> => {
        reads += 1
        await new Promise((resolve) => setTimeout(resolve, 10))
        return []
      },
    },
    60_000,
  )
  return { feed, commit: () => commit(), getReads: () => reads }
}

const { signal } = new AbortController()

test('a commit between the read and the wait is not slept through', async () => {
  const source = start()
  const generation = source.feed.getGeneration()
  const reading = source.feed.list({ workspaceId, after: 0 })
  source.commit()
  await reading
  // Sleeping through it would take longer than a test may.
  await source.feed.wait(generation, 600_000, signal)
})

test('readers at one place share a read, but not one that began before the newest commit', async () => {
  const source = start()
  const list = (after: number) => source.feed.list({ workspaceId, after })
  await Promise.all([list(7), list(7), list(7), list(8)])
  expect(source.getReads()).toBe(2)
  const early = list(7)
  source.commit()
  await Promise.all([early, list(7)])
  expect(source.getReads()).toBe(4)
})

test('waiting ends with a commit, with the reader and with the feed', async () => {
  const source = start()
  const closing = new AbortController()
  const ended: string[] = []
  const wait = (name: string, ends: AbortSignal, timeoutMs = 5000): Promise<void> =>
    source.feed.wait(source.feed.getGeneration(), timeoutMs, ends).then(() => void ended.push(name))
  const [left, quiet] = [wait('left', closing.signal), wait('quiet', signal, 20)]
  closing.abort()
  await Promise.all([left, quiet])
  const woken = wait('woken', signal)
  source.commit()
  await woken
  const stopped = wait('stopped', signal)
  source.feed.stop()
  await stopped
  expect(ended).toEqual(['left', 'quiet', 'woken', 'stopped'])
  expect(source.feed.isOver()).toBe(true)
})
