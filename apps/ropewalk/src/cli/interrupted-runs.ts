import { listAll } from './api.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

/** More ids than this fill the line, and `runs list` tells them all. */
const MAX_NAMED = 3

/** A run that waits for a person goes on too, with the default of its question when the deadline comes. */
const UNDER_WAY = ['running', 'awaiting_human'] as const

/** The line about runs that were under way when their server ended; undefined for none. */
export const getInterruptedText = (runIds: readonly string[]): string | undefined => {
  if (runIds.length === 0) return undefined
  const named = runIds.slice(0, MAX_NAMED).join(', ') + (runIds.length > MAX_NAMED ? ', …' : '')
  const subject = runIds.length === 1 ? '1 interrupted run goes' : `${runIds.length} interrupted runs go`
  return `${subject} on too: ${named}; stop one with ./ropewalk runs cancel ID`
}

/**
 * Says which runs this process takes up beside `wantedId`, because it is this home's server from now on: they may
 * spend money that nobody thinks of. Says nothing beside a server that was there; it has been at them already.
 */
export const sayInterrupted = async (
  terminal: Terminal,
  session: Session,
  wantedId?: string,
): Promise<void> => {
  if (!session.isOwn()) return
  const lists = await session.call((api) =>
    Promise.all(
      UNDER_WAY.map((status) =>
        Array.fromAsync(listAll((cursor) => api.listRuns({ limit: 200, cursor, status }))),
      ),
    ),
  )
  const runIds = new Set(lists.flat().map(({ id }) => id))
  const text = getInterruptedText([...runIds].filter((id) => id !== wantedId))
  if (text !== undefined) terminal.say(`  ${terminal.paint('yellow', '!')} ${text}\n`)
}
