import type { InboxEntry, InboxKind } from '@ropewalk/core/contract/api/inbox'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { Instant } from '@ropewalk/core/text'
import { z } from 'zod'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { Page, PageRequest } from '../../contract.ts'
import { checkLimit } from '../cursor.ts'
import { INBOX_SOURCES } from './inbox-sql.ts'
import { makeInboxEntry, type InboxRow } from './inbox-words.ts'

/** Later than any deadline, so that what has none comes after what has one. */
const NEVER = '9999-12-31T23:59:59.999Z'

const Place = z.tuple([z.int().min(1).max(9), Instant, Instant, z.uuid()])
type Place = z.infer<typeof Place>

const parsePlace = (cursor: string | undefined): Place | undefined => {
  if (cursor === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.', {
      cause: error,
    })
  }
  const place = Place.safeParse(value)
  if (place.success && [place.data[1], place.data[2]].every((at) => Date.parse(at) > 0)) return place.data
  throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.')
}

const getPlace = ({ rank, deadlineAt, since, id }: InboxRow): Place => [rank, deadlineAt ?? NEVER, since, id]

/**
 * What needs a person, of all runs and projects: by rank, then by deadline, then by age. Throws INVALID_ARGUMENT
 * for a cursor that was never given.
 */
export const listInbox = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & { readonly kind?: InboxKind | undefined },
): Promise<Page<InboxEntry>> => {
  const limit = checkLimit(page)
  const [rank, deadline, since, id] = parsePlace(page.cursor) ?? [null, null, null, null]
  const { kind } = page
  const sources = kind === undefined ? Object.values(INBOX_SOURCES) : [INBOX_SOURCES[kind]]
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_inbox_${page.kind ?? 'all'}`,
      text: `SELECT e.kind, e.rank, e.id, e.project_id AS "projectId", e.run_id AS "runId", e.item_id AS "itemId",
          e.item_ids AS "itemIds", e.of, e.title, e.detail, e.risk, e.since, e.deadline_at AS "deadlineAt",
          e.policy, e.default_answer AS "defaultAnswer", e.form, e.quorum
        FROM (${sources.map((source) => `(${source})`).join(' UNION ALL ')}) e
        WHERE $2::int IS NULL OR (e.rank, coalesce(e.deadline_at, '${NEVER}'), e.since, e.id)
          > ($2::int, $3::timestamptz, $4::timestamptz, $5::uuid)
        ORDER BY e.rank, coalesce(e.deadline_at, '${NEVER}'), e.since, e.id LIMIT $6`,
      values: [workspaceId, rank, deadline, since, id, limit + 1],
    },
  ])
  const found = rows as readonly InboxRow[]
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(makeInboxEntry),
    nextCursor:
      found.length <= limit || last === undefined
        ? null
        : Buffer.from(JSON.stringify(getPlace(last))).toString('base64url'),
  }
}
