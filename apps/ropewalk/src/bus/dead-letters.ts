import type {
  DeadLetter,
  DeadLetterStatus,
  DeadLetterSummary,
  RedriveRequest,
} from '@ropewalk/core/contract/api/dead-letters'
import type { Principal } from '@ropewalk/core/decision'
import { RopewalkError } from '@ropewalk/core/errors'
import type { DeadLetterId, WorkspaceId } from '@ropewalk/core/ids'
import type { Page, PageRequest } from '../engine/contract.ts'
import { checkLimit, makePage, parseCursor } from '../engine/views/cursor.ts'
import { findDeadLetter, listDeadLetterRows, resolveDeadLetter } from '../store/bus/dead-letters.ts'
import type { Store } from '../store/open.ts'
import type { Log } from '../log.ts'
import type { Bus } from './port.ts'
import { makeRedriveKey } from './publish-dead-letter.ts'

/** What people do with dead letters of any workspace. */
export type DeadLetterDesk = {
  /** The newest first. */
  list(
    workspaceId: WorkspaceId,
    page: PageRequest & { readonly status?: DeadLetterStatus | undefined },
  ): Promise<Page<DeadLetterSummary>>
  /** Throws NOT_FOUND. */
  read(workspaceId: WorkspaceId, id: DeadLetterId): Promise<DeadLetter>
  /**
   * Sends the message again on its topic, or in its place the event given, and notes who did. Safe to repeat
   * after a failure. Throws NOT_FOUND, CONFLICT unless it is open (one that came back is), BUS_UNAVAILABLE.
   */
  redrive(
    workspaceId: WorkspaceId,
    id: DeadLetterId,
    request: RedriveRequest,
    by: Principal,
  ): Promise<DeadLetter>
  /** Closes it for good, and notes who did and why. Throws NOT_FOUND and CONFLICT. */
  drop(workspaceId: WorkspaceId, id: DeadLetterId, reason: string, by: Principal): Promise<DeadLetter>
}

const name = ({ kind, id }: Principal): string => `${kind}:${id}`

export const makeDeadLetterDesk = (of: {
  readonly store: Store
  readonly openBus: (workspaceId: WorkspaceId) => Promise<Pick<Bus, 'publish'>>
  readonly log: Log
}): DeadLetterDesk => {
  const { store, openBus, log } = of

  const read = async (workspaceId: WorkspaceId, id: DeadLetterId): Promise<DeadLetter> => {
    const found = await findDeadLetter(store, workspaceId, id)
    if (found !== undefined) return found
    throw new RopewalkError('NOT_FOUND', 'There is no such dead letter in this workspace.', {
      details: { deadLetterId: id },
    })
  }

  const readOpen = async (workspaceId: WorkspaceId, id: DeadLetterId): Promise<DeadLetter> => {
    const letter = await read(workspaceId, id)
    if (letter.status !== 'open') throw makeConflict(letter)
    return letter
  }

  const resolve = async (
    workspaceId: WorkspaceId,
    letter: DeadLetter,
    to: { readonly status: 'redriven' | 'dropped'; readonly by: Principal; readonly note: string | null },
  ): Promise<DeadLetter> => {
    const { id, redrives } = letter
    const isDone = await resolveDeadLetter(
      store,
      { workspaceId, id },
      {
        ...to,
        by: name(to.by),
        redrivesBefore: redrives,
        redrives: to.status === 'redriven' ? redrives + 1 : redrives,
      },
    )
    const now = await read(workspaceId, id)
    // It may be back already, before its being sent was noted: then it is open, and was sent all the same.
    if (!isDone && !(to.status === 'redriven' && now.status === 'open' && now.redrives > redrives))
      throw makeConflict(now)
    log.info({ deadLetterId: id, by: to.by, status: to.status, workspaceId }, 'a dead letter was resolved')
    return now
  }

  return {
    list: async (workspaceId, { limit: wanted, cursor, status }) => {
      const limit = checkLimit({ limit: wanted })
      const after = parseCursor(cursor)
      const rows = await listDeadLetterRows(store, workspaceId, { status, after, limit: limit + 1 })
      return makePage(rows, limit, ({ recordedAt, id }) => [recordedAt, id])
    },
    read,
    redrive: async (workspaceId, id, { event, note }, by) => {
      const letter = await readOpen(workspaceId, id)
      const body = event === undefined ? letter.original.body : JSON.stringify(event)
      const bus = await openBus(workspaceId)
      // Published before it is noted: a crash in between leaves it open, and doing it again adds nothing.
      await bus.publish(letter.topic, [{ key: makeRedriveKey(id, letter.redrives + 1), body }])
      return resolve(workspaceId, letter, { status: 'redriven', by, note: note ?? null })
    },
    drop: async (workspaceId, id, reason, by) =>
      resolve(workspaceId, await readOpen(workspaceId, id), { status: 'dropped', by, note: reason }),
  }
}

const makeConflict = ({ id, status, resolvedBy }: DeadLetter): RopewalkError =>
  new RopewalkError(
    'CONFLICT',
    status === 'open'
      ? 'The dead letter was sent again meanwhile and came back; look at it before deciding.'
      : `The dead letter was ${status} by ${resolvedBy ?? 'somebody'}; only one that is open can be resolved.`,
    { details: { deadLetterId: id, status } },
  )
