import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../engine/contract.ts'
import { eraseOldMessages } from '../engine/threads/erase-messages.ts'
import { runRead, type Store } from '../store/open.ts'

/** In one go at most; more would hold the locks of their threads for long. */
const BATCH = 500
/** A job lives a minute at most. What is left then is erased an hour later. */
const MAX_MS = 30_000

/** The instant before which messages are too old. The database has the time. */
const readCutOff = async (store: Store, workspaceId: WorkspaceId, days: number): Promise<string> => {
  const text = 'SELECT ropewalk.now() - make_interval(days => $1) AS before'
  const [rows = []] = await runRead(store, workspaceId, [{ name: 'read_cut_off', text, values: [days] }])
  return (rows as readonly { before: string }[])[0]?.before ?? ''
}

/**
 * Erases the words of messages that are older than the policy of their workspace allows, and gives how many. Where
 * messages are kept for ever, as everywhere unless somebody said otherwise, nothing is looked for.
 */
export const eraseByPolicy = async (
  { engine, store }: { readonly engine: Pick<Engine, 'readPolicy' | 'submit'>; readonly store: Store },
  workspaceIds: readonly WorkspaceId[],
): Promise<number> => {
  const endMs = performance.now() + MAX_MS
  const submit: Engine['submit'] = (command, options) => engine.submit(command, options)
  let erased = 0
  for (const workspaceId of workspaceIds) {
    const { retention } = await engine.readPolicy(workspaceId)
    if (retention.mode === 'permanent') continue
    const before = await readCutOff(store, workspaceId, retention.days)
    const reason = `Older than the ${retention.days} days that the workspace keeps messages.`
    for (let last = 1; last > 0 && performance.now() < endMs; erased += last)
      last = await eraseOldMessages({ store, submit }, { workspaceId, before, limit: BATCH, reason })
  }
  return erased
}
