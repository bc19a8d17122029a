import type { ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Answer, Command, SubmitOptions } from '../contract.ts'

/** What erases: the keeper of the data policy. */
const KEEPER = { kind: 'policy', id: 'retention' } as const

type Range = { readonly threadId: ThreadId; readonly from: number; readonly to: number }

/** Within a thread numbers and times grow together, so the oldest of it are one range. */
const OLD = `SELECT o.thread_id AS "threadId", min(o.seq) AS "from", max(o.seq) AS "to"
  FROM (SELECT t.thread_id, t.seq FROM ropewalk.messages t
    WHERE t.workspace_id = $1 AND t.erased_at IS NULL AND t.created_at < $2::timestamptz
    ORDER BY t.created_at, t.seq LIMIT $3) o
  GROUP BY o.thread_id ORDER BY o.thread_id`

/**
 * Erases the text and metadata of up to `limit` messages of a workspace that were posted before an instant,
 * oldest first, and gives how many. The ledger says which in the same transaction; a command for each thread.
 * Safe to repeat: call again until it gives 0. Throws STORE_UNAVAILABLE.
 */
export const eraseOldMessages = async (
  {
    store,
    submit,
  }: {
    readonly store: Store
    readonly submit: (command: Command, options: SubmitOptions) => Promise<Answer>
  },
  of: {
    readonly workspaceId: WorkspaceId
    readonly before: string
    readonly limit: number
    readonly reason: string
  },
): Promise<number> => {
  const { workspaceId, before, limit, reason } = of
  const [rows = []] = await runRead(store, workspaceId, [
    { name: 'list_messages_to_erase', text: OLD, values: [workspaceId, before, limit] },
  ])
  let erased = 0
  for (const { threadId, from, to } of rows as readonly Range[]) {
    await submit({ type: 'EraseMessages', workspaceId, threadId, from, to, reason }, { by: KEEPER })
    erased += to - from + 1
  }
  return erased
}
