import { addMs, getElapsedMs } from '../decision.ts'
import type { MinuteCount, Participant } from './state.ts'

const MINUTE_MS = 60_000

const isOver = ({ minuteAt }: MinuteCount, at: string): boolean => getElapsedMs(minuteAt, at) >= MINUTE_MS

/** One more at `at`: a minute that is over gives way to a new one, which begins with this. */
export const countOne = (of: MinuteCount | null, at: string): MinuteCount =>
  of === null || isOver(of, at) ? { minuteAt: at, count: 1 } : { ...of, count: of.count + 1 }

/** How long one who has done `limit` in its minute has to wait; 0 when it need not. */
export const getRetryAfterMs = (of: MinuteCount | null, limit: number, at: string): number =>
  of === null || of.count < limit || isOver(of, at) ? 0 : getElapsedMs(at, addMs(of.minuteAt, MINUTE_MS))

export const getMessagesOf = ({ minuteAt, minuteCount }: Participant): MinuteCount | null =>
  minuteAt === null ? null : { minuteAt, count: minuteCount }

export const getWakesOf = ({ wakeMinuteAt, wakeMinuteCount }: Participant): MinuteCount | null =>
  wakeMinuteAt === null ? null : { minuteAt: wakeMinuteAt, count: wakeMinuteCount }

/** The count of one who does not take part. */
export const getGuest = (
  guests: Readonly<Record<string, MinuteCount>>,
  agentId: string,
): MinuteCount | null => (Object.hasOwn(guests, agentId) ? (guests[agentId] ?? null) : null)

/** With one more of this guest; those whose minute is over are forgotten, so that it stays small. */
export const countGuest = (
  guests: Readonly<Record<string, MinuteCount>>,
  agentId: string,
  at: string,
): Readonly<Record<string, MinuteCount>> =>
  Object.fromEntries([
    ...Object.entries(guests).filter(([id, of]) => id !== agentId && !isOver(of, at)),
    [agentId, countOne(getGuest(guests, agentId), at)],
  ])
