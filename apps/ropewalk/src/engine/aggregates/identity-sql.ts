import { getChanging, makeInsert, makeTableSql, makeUpdate } from '../../store/table-sql.ts'
import { audit, grants, policies, sessions } from '../../store/tables/identity.ts'

export const SESSIONS = makeTableSql(sessions)
export const GRANTS = makeTableSql(grants)
export const POLICIES = makeTableSql(policies)
export const AUDIT = makeTableSql(audit)

/** Whoever writes into a session says so beside its history; see `claimSessionWriter`. */
const SESSION_FIXED = ['agentId', 'writer', 'writerSessionId', 'writerUntil']
const GRANT_FIXED = [
  'name',
  'kind',
  'agentId',
  'role',
  'scopes',
  'sessionId',
  'ttlMs',
  'expiresAt',
  'issuer',
  'jti',
  'createdBy',
  'createdAt',
]

/** The statements that write sessions, grants, policies and the audit; part of `WRITES`. */
export const IDENTITY_WRITES = {
  insertSessions: makeInsert('insert_sessions', SESSIONS),
  updateSessions: makeUpdate('update_sessions', SESSIONS, getChanging(SESSIONS, SESSION_FIXED), [
    'lastHeartbeatAt',
  ]),
  insertGrants: makeInsert('insert_grants', GRANTS),
  updateGrants: makeUpdate('update_grants', GRANTS, getChanging(GRANTS, GRANT_FIXED)),
  insertPolicies: makeInsert('insert_policies', POLICIES),
  updatePolicies: makeUpdate('update_policies', POLICIES, getChanging(POLICIES, [])),
  insertAudit: makeInsert('insert_audit', AUDIT),
} as const
