import { makeTableSql } from '../../store/table-sql.ts'
import { audit, grants, policies } from '../../store/tables/identity.ts'

const HEAD = ['version', 'headHash', 'headAt', 'eventFormat']

/** The columns that readers see. */
export const IDENTITY = {
  grants: makeTableSql(grants, ['workspaceId', ...HEAD]).select,
  policies: makeTableSql(policies, ['workspaceId', ...HEAD]).select,
  audit: makeTableSql(audit, ['workspaceId']).select,
} as const

/** What a page of the newest first goes on from: before everything there is. */
export const BEFORE = (createdAt: string, place: number): string =>
  `(t.${createdAt}, t.id) < (coalesce($${place}::timestamptz, 'infinity'),
    coalesce($${place + 1}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))`
