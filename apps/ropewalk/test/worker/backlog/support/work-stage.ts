import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { Envelope } from '@ropewalk/core/contract/events/envelope'
import { ItemDraft } from '@ropewalk/core/contract/item'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { ItemId, ProjectId } from '@ropewalk/core/ids'
import { isTerminalItem } from '@ropewalk/core/project/state'
import type { ProjectCommandOf } from '@ropewalk/core/project/commands'
import type { RunningEngine } from '../../../../src/engine/start.ts'
import { makeId } from '../../../../src/engine/runs/make-id.ts'
import { readRecords } from '../../../../src/ingest/read-records.ts'
import type { Log } from '../../../../src/log.ts'
import { startDispatcher } from '../../../../src/timers/dispatch-ready.ts'
import { watchLeases } from '../../../../src/timers/watch-leases.ts'
import {
  startBacklogWorker,
  type BacklogWorker,
  type BacklogWorkerOptions,
} from '../../../../src/worker/backlog/backlog-worker.ts'
import type { WorkEvents } from '../../../../src/worker/backlog/work-parts.ts'
import { waitFor, WORKSPACE } from '../../support/worker-stage.ts'

export const CSV = readFileSync(
  path.resolve(import.meta.dirname, '../../../../../../examples/backlog/invoices.csv'),
)

/** What each item waits for, in the order in which they are done. */
const CHAIN: Readonly<Record<string, readonly string[]>> = {
  time_waste: [],
  cost: ['time_waste'],
  friction: [],
  scenario: ['cost', 'friction'],
  requirements_manager: ['friction', 'scenario'],
  dev: ['requirements_manager'],
  test: ['dev', 'time_waste'],
}
export const CAPABILITIES = Object.keys(CHAIN)

export type ItemInput = Partial<Omit<z.input<typeof ItemDraft>, 'key'>> & { readonly key: string }

const makeItem = ({ key, ...rest }: ItemInput): ItemDraft =>
  ItemDraft.parse({ key, kind: 'task', title: `Do ${key}`, capability: key, ...rest })

export const makeChain = (rest: Partial<ItemInput> = {}): ItemInput[] =>
  Object.entries(CHAIN).map(([key, dependsOn]) => ({ key, dependsOn: [...dependsOn], ...rest }))

/** The ledger as a listener of the bus hears it: each group from its start, an event again until it was taken. */
export const makeFeed = (engine: RunningEngine, heard: string[] = []): WorkEvents & { errors: unknown[] } => {
  const errors: unknown[] = []
  return {
    errors,
    listen: ({ group, onEvent }) => {
      const stopped = new AbortController()
      const run = async () => {
        for (let after = 0; !stopped.signal.aborted;) {
          const events = await engine.listEvents(WORKSPACE, { after, limit: 100 })
          for (const { id, type, at, stream, data, v, position, correlationId } of events) {
            const event = Envelope.parse({
              ...{
                specversion: '1.0',
                id,
                source: '/ropewalk/serve/1',
                type,
                time: at,
                subject: stream,
                data,
              },
              ...{ workspaceid: WORKSPACE, eventversion: v, correlationid: correlationId },
            })
            if (type === 'WORK.ITEM_DISPATCHED') heard.push(`${group} ${id}`)
            await onEvent(event).catch((error: unknown) => {
              errors.push(error)
            })
            after = position
          }
          await sleep(20)
        }
      }
      const running = run()
      return {
        stop: async () => {
          stopped.abort()
          await running
        },
      }
    },
  }
}

export type WorkStage = {
  readonly start: (capabilities: readonly string[], rest?: Partial<BacklogWorkerOptions>) => BacklogWorker
  readonly startProject: (
    items: readonly ItemInput[],
    rest?: Partial<ProjectCommandOf<'StartProject'>>,
  ) => Promise<{ projectId: ProjectId; ids: Readonly<Record<string, ItemId>> }>
  /** The bodies that count, by type. */
  readonly readBodies: (projectId: ProjectId) => Promise<ReadonlyMap<string, DeliverableBody>>
  readonly waitForItem: (itemId: ItemId | undefined, status: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Workers on an engine whose dispatcher and lease watch run, as in a house. */
export const makeWorkStage = (engine: RunningEngine, log: Log): WorkStage => {
  const { store, listWorkspaces } = engine
  const workers: BacklogWorker[] = []
  const dispatcher = startDispatcher({
    store,
    listWorkspaces,
    log,
    submit: (command, options) => engine.submit(command, options),
  })
  const leases = watchLeases({ store, listWorkspaces, log, lose: (command) => engine.loseOverdue(command) })
  const undo = engine.onCommit(() => {
    dispatcher.wake()
  })
  return {
    start: (capabilities, rest = {}) => {
      const worker = startBacklogWorker({
        engine,
        log,
        events: null,
        capabilities,
        config: { concurrency: 2, leaseSeconds: 30 },
        protectedDirs: [],
        mayRunUnconfined: true,
        pollMs: 100,
        ...rest,
      })
      workers.push(worker)
      return worker
    },
    startProject: async (items, rest = {}) => {
      const records = await readRecords(CSV, 'invoices.csv')
      const digest = await engine.blobs.put(WORKSPACE, CSV)
      const recordsDigest = await engine.blobs.put(WORKSPACE, Buffer.from(JSON.stringify(records)))
      const projectId = ProjectId.parse(makeId())
      const answer = await engine.submit(
        {
          type: 'StartProject',
          workspaceId: WORKSPACE,
          projectId,
          name: 'Invoices',
          request: 'Reduce the time the support team loses on invoices.',
          mode: 'hybrid',
          dispatch: 'auto',
          template: null,
          templateHash: null,
          parameters: { hourlyRate: 40, periodType: 'month' },
          uploads: [{ name: 'invoices.csv', digest, recordsDigest, rows: records.rows.length }],
          items: items.map(makeItem),
          hits: [],
          questions: [],
          questionDeadlineMs: 3_600_000,
          ...rest,
        },
        { by: { kind: 'person', id: 'tester' } },
      )
      const keys = answer['keys'] as Readonly<Record<string, string>>
      const ids = Object.fromEntries(Object.entries(keys).map(([key, id]) => [key, ItemId.parse(id)]))
      return { projectId, ids }
    },
    readBodies: async (projectId) => {
      const { items } = await engine.listDeliverables(WORKSPACE, { projectId, status: 'current', limit: 100 })
      const bodies = await Promise.all(items.map(({ digest }) => engine.blobs.read(WORKSPACE, digest)))
      return new Map(
        bodies
          .map((bytes) => DeliverableBody.parse(JSON.parse(bytes.toString('utf8'))))
          .map((body) => [body.type, body]),
      )
    },
    waitForItem: async (itemId, status) => {
      if (itemId === undefined) throw new Error('There is no such item.')
      let last = ''
      const look = async () => {
        const item = await engine.readItem(WORKSPACE, itemId)
        last = `${item.status} ${item.failureMessage ?? ''} ${item.reasons.join(' ')}`
        if (item.status !== status && isTerminalItem(item.status)) throw new Error(`It is ${item.status}.`)
        return item.status === status ? true : undefined
      }
      await waitFor(`the item is ${status}`, look, 20_000).catch((error: unknown) => {
        throw new Error(`The item did not become ${status}: ${last}`, { cause: error })
      })
    },
    stop: async () => {
      undo()
      await Promise.all(workers.map((worker) => worker.stop()))
      await Promise.all([dispatcher.stop(), leases.stop()])
    },
  }
}
