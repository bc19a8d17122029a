import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { StoreLog } from './open.ts'

/** How long one waits at most, and what lets it go before. */
export type Patience = { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }

export type WaitingRoom<W, A> = {
  /**
   * Resolves with what a look found, undefined after `timeoutMs`, on abort and when the room closes. However short
   * the time, there is one look: nobody is told that there is nothing without having asked.
   */
  wait(workspaceId: WorkspaceId, waiter: W, patience: Patience): Promise<A | undefined>
  /** Something was committed in these workspaces: those who wait there are looked after at once. */
  hear(workspaceIds: readonly string[]): void
  close(): void
}

export type WaitingRoomOptions<W, A> = {
  /** One query for all who wait in a workspace, answers in their order; an Error is the answer of one alone. */
  readonly look: (
    workspaceId: WorkspaceId,
    waiters: readonly W[],
  ) => Promise<readonly (A | Error | undefined)[]>
  readonly log: StoreLog
}

type Seat<W, A> = {
  readonly waiter: W
  readonly leave: (answer: A | undefined) => void
  readonly fail: (error: Error) => void
  wasLookedAfter: boolean
  /** Its time was over before its first look was. */
  isLate: boolean
}

type Room<W, A> = {
  readonly id: WorkspaceId
  readonly seats: Set<Seat<W, A>>
  isDue: boolean
  isLooking: boolean
}

/** Hints may be lost: this often everybody is looked after without one. */
const POLL_MS = 1000
/** Commits may come by the hundred a second; a look follows the one before it after this, and sees them all. */
const PAUSE_MS = 5

/**
 * Where any number wait for something to be committed. All who wait in a workspace share one query, of which
 * never more than one is under way, and nothing runs while nobody waits. A look that fails is one that found
 * nothing.
 */
export const makeWaitingRoom = <W, A>({ look, log }: WaitingRoomOptions<W, A>): WaitingRoom<W, A> => {
  const rooms = new Map<string, Room<W, A>>()
  let polling: NodeJS.Timeout | undefined
  let waiting = 0
  let isClosed = false

  const lookOnce = async (room: Room<W, A>): Promise<void> => {
    const seats = [...room.seats]
    try {
      const answers = await look(
        room.id,
        seats.map(({ waiter }) => waiter),
      )
      for (const [index, seat] of seats.entries()) {
        const answer = answers[index]
        if (answer instanceof Error) seat.fail(answer)
        else if (answer !== undefined) seat.leave(answer)
      }
    } catch (error) {
      log.debug(
        { err: error, waiting: seats.length },
        'a look for those who wait failed; there is another soon',
      )
    }
    for (const seat of seats) {
      seat.wasLookedAfter = true
      if (seat.isLate) seat.leave(undefined)
    }
  }

  const lookWhileDue = async (room: Room<W, A>): Promise<void> => {
    room.isLooking = true
    while (room.isDue && room.seats.size > 0) {
      room.isDue = false
      const begun = performance.now()
      await lookOnce(room)
      // At most half of the time is spent with looking, however long it takes.
      if (room.seats.size > 0) await sleep(Math.max(PAUSE_MS, performance.now() - begun))
    }
    room.isLooking = false
    forgetEmpty(room)
  }

  /** A room in which somebody still looks stays: another of its name would look a second time. */
  const forgetEmpty = (room: Room<W, A>): void => {
    if (room.seats.size === 0 && !room.isLooking) rooms.delete(room.id)
  }

  const wake = (room: Room<W, A>): void => {
    room.isDue = true
    if (!room.isLooking) void lookWhileDue(room)
  }

  const poll = () => {
    for (const room of rooms.values()) wake(room)
  }

  const enter = (workspaceId: WorkspaceId, seat: Seat<W, A>): Room<W, A> => {
    const room = rooms.get(workspaceId) ?? {
      id: workspaceId,
      seats: new Set(),
      isDue: false,
      isLooking: false,
    }
    rooms.set(workspaceId, room)
    room.seats.add(seat)
    waiting += 1
    polling ??= setInterval(poll, POLL_MS).unref()
    wake(room)
    return room
  }

  const leave = (room: Room<W, A>, seat: Seat<W, A>): void => {
    room.seats.delete(seat)
    forgetEmpty(room)
    waiting -= 1
    if (waiting > 0) return
    clearInterval(polling)
    polling = undefined
  }

  return {
    wait: (workspaceId, waiter, { timeoutMs, signal }) =>
      new Promise<A | undefined>((resolve, reject) => {
        if (isClosed || signal?.aborted === true) {
          resolve(undefined)
          return
        }
        const settle = (tell: () => void): void => {
          // A look that was under way when it left may still find something for it.
          if (!room.seats.has(seat)) return
          clearTimeout(timer)
          signal?.removeEventListener('abort', giveUp)
          leave(room, seat)
          tell()
        }
        const seat: Seat<W, A> = {
          waiter,
          leave: (answer) => settle(() => resolve(answer)),
          fail: (error) => settle(() => reject(error)),
          wasLookedAfter: false,
          isLate: false,
        }
        const giveUp = () => seat.leave(undefined)
        const end = () => {
          seat.isLate = true
          if (seat.wasLookedAfter) giveUp()
        }
        const timer = setTimeout(end, timeoutMs)
        signal?.addEventListener('abort', giveUp, { once: true })
        const room = enter(workspaceId, seat)
      }),
    hear: (workspaceIds) => {
      for (const id of workspaceIds) {
        const room = rooms.get(id)
        if (room !== undefined) wake(room)
      }
    },
    close: () => {
      isClosed = true
      for (const room of rooms.values()) for (const seat of [...room.seats]) seat.leave(undefined)
    },
  }
}
