import type { WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from '../coalesce.ts'
import { runWrite } from '../open.ts'
import type { Store } from '../open.ts'

export type MessageToPublish = { readonly key: string; readonly body: string }
export type PublishedRow = { readonly position: number; readonly isNew: boolean }

export type PublishRequest = { readonly topic: string; readonly messages: readonly MessageToPublish[] }

/** How long a key is remembered. */
const MEMORY = `interval '24 hours'`

/** Everything that was asked for meanwhile shares a write; more would make one statement too large. */
const MAX_REQUESTS = 50

// Held until commit, and by a statement of its own: the next one sees what others had published by then.
const LOCK_TOPIC = `
INSERT INTO ropewalk.bus_topics AS t (workspace_id, topic, last) VALUES ($1, $2, 0)
ON CONFLICT (workspace_id, topic) DO UPDATE SET last = t.last`

// A subquery and no join: a plan made while the table was empty could otherwise read all keys for each message.
// The age of a key is judged outside its lookup, so that no index but that of the keys can serve it.
const PUBLISH = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
looked AS MATERIALIZED (
  SELECT g.n, g.key, g.body, (
    SELECT CASE WHEN k.published_at > stamp.now - ${MEMORY} THEN k.position END FROM ropewalk.bus_keys k
    WHERE k.workspace_id = $1 AND k.topic = $2 AND k.key = g.key) AS known
  FROM stamp, unnest($3::text[], $4::text[]) WITH ORDINALITY AS g(key, body, n)
), numbered AS MATERIALIZED (
  SELECT l.n, l.key, l.body, l.known IS NULL AS is_new,
    coalesce(l.known, t.last + count(*) FILTER (WHERE l.known IS NULL) OVER (ORDER BY l.n)) AS position
  FROM looked l, ropewalk.bus_topics t WHERE t.workspace_id = $1 AND t.topic = $2
), messages AS (
  INSERT INTO ropewalk.bus_messages (workspace_id, topic, position, key, body, published_at)
  SELECT $1, $2, n.position, n.key, n.body, stamp.now FROM numbered n, stamp WHERE n.is_new
), keys AS (
  INSERT INTO ropewalk.bus_keys (workspace_id, topic, key, position, published_at)
  SELECT $1, $2, n.key, n.position, stamp.now FROM numbered n, stamp WHERE n.is_new
  ON CONFLICT (workspace_id, topic, key)
    DO UPDATE SET position = excluded.position, published_at = excluded.published_at
), heads AS (
  UPDATE ropewalk.bus_topics t SET last = t.last + (SELECT count(*) FROM numbered n WHERE n.is_new)
  WHERE t.workspace_id = $1 AND t.topic = $2
)
SELECT n.position, n.is_new AS "isNew" FROM numbered n ORDER BY n.n`

/**
 * What adds messages to topics of a workspace: what became of each, in order. Positions rise by one from message
 * to message and become readable in their order, also with many publishers. A key published within 24 hours adds
 * nothing and is answered with the position it got then. Calls that arrive together share a transaction, one per
 * topic; a call may be repeated. Throws STORE_UNAVAILABLE, LOCK_TIMEOUT, STORAGE_FULL.
 */
export const makePublishMessages = (
  store: Store,
  workspaceId: WorkspaceId,
): ((request: PublishRequest) => Promise<readonly PublishedRow[]>) => {
  const publish = async (topic: string, messages: readonly MessageToPublish[]) => {
    const first = new Map<string, string>()
    for (const { key, body } of messages) if (!first.has(key)) first.set(key, body)
    const values = [workspaceId, topic, [...first.keys()], [...first.values()]]
    const [, rows = []] = await runWrite(
      store,
      [workspaceId],
      [
        { name: 'bus_lock_topic', text: LOCK_TOPIC, values: [workspaceId, topic] },
        { name: 'bus_publish', text: PUBLISH, values },
      ],
    )
    return new Map([...first.keys()].map((key, index) => [key, rows[index] as PublishedRow]))
  }
  const run = async (requests: readonly PublishRequest[]): Promise<readonly PublishedRow[][]> => {
    const answers = requests.map((): PublishedRow[] => [])
    for (const [topic, group] of Map.groupBy(requests.entries(), ([, request]) => request.topic)) {
      const found = await publish(
        topic,
        group.flatMap(([, request]) => request.messages),
      )
      for (const [index, { messages }] of group) {
        for (const { key } of messages) {
          const row = found.get(key)
          if (row === undefined) continue
          answers[index]?.push(row)
          found.set(key, { ...row, isNew: false })
        }
      }
    }
    return answers
  }
  return makeCoalescer({ run, maxItems: MAX_REQUESTS })
}
