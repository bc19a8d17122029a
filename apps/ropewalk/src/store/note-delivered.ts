import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { sortReaders } from './move-cursor.ts'
import type { OfReader } from './move-cursor.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** A message that was handed to somebody, up to which all before it were too. */
export type DeliveryNote = OfReader & { readonly seq: number }

const DELIVERED = `
WITH locked AS MATERIALIZED (
  SELECT c.workspace_id, c.thread_id, c.agent_id, g.seq
  FROM json_to_recordset($1::json) AS g("workspaceId" text, "threadId" uuid, "agentId" text, seq bigint), LATERAL (
    SELECT c.* FROM ropewalk.participant_cursors c WHERE c.thread_id = g."threadId" AND c.agent_id = g."agentId"
      AND c.workspace_id IS NOT DISTINCT FROM g."workspaceId" AND c.delivered_seq < g.seq FOR NO KEY UPDATE) c
)
UPDATE ropewalk.participant_cursors c SET delivered_seq = greatest(c.delivered_seq, l.seq) FROM locked l
WHERE c.thread_id = l.thread_id AND c.agent_id = l.agent_id AND c.workspace_id IS NOT DISTINCT FROM l.workspace_id`

/** A sender learns so late that its message was delivered; readers are many and read often. */
const PAUSE_MS = 50

export type DeliveryNotes = {
  readonly note: (note: DeliveryNote) => void
  /** Resolves when all that was noted is written, or could not be. */
  readonly flush: () => Promise<void>
}

/**
 * What keeps how far readers were given; it never goes back. Notes of the same reader share one write, and one
 * that cannot be written is let go of: the message counts as waiting until the next, which it is to its reader.
 */
export const makeDeliveryNotes = (store: Store): DeliveryNotes => {
  let noted = new Map<string, DeliveryNote>()
  let writing: Promise<void> | undefined

  const write = async (notes: readonly DeliveryNote[]): Promise<void> => {
    const workspaceIds: readonly WorkspaceId[] = [...new Set(notes.map(({ workspaceId }) => workspaceId))]
    try {
      await runWrite(store, workspaceIds, [
        { name: 'note_delivered', text: DELIVERED, values: [JSON.stringify(sortReaders(notes))] },
      ])
    } catch (error) {
      store.log.debug({ err: error, notes: notes.length }, 'what was delivered could not be noted')
    }
  }

  const writeAll = async (): Promise<void> => {
    await sleep(PAUSE_MS)
    while (noted.size > 0) {
      const notes = [...noted.values()]
      noted = new Map()
      await write(notes)
    }
    writing = undefined
  }

  return {
    note: (note) => {
      const key = `${note.workspaceId}/${note.threadId}/${note.agentId}`
      if ((noted.get(key)?.seq ?? 0) < note.seq) noted.set(key, note)
      writing ??= writeAll()
    },
    flush: () => writing ?? Promise.resolve(),
  }
}
