import type pg from 'pg'

/** Passwords by role; a role without one cannot log in. The caller keeps them. */
export type RolePasswords = {
  readonly owner?: string | undefined
  readonly writer?: string | undefined
  readonly reader?: string | undefined
  readonly test?: string | undefined
}

export const ROLES = {
  owner: 'ropewalk_owner',
  writer: 'ropewalk_writer',
  reader: 'ropewalk_reader',
  test: 'ropewalk_test',
} as const satisfies Record<keyof RolePasswords, string>

const ROLE_NAMES = Object.keys(ROLES) as (keyof RolePasswords)[]

/** Whether the connected role may make roles; managed services often give one that may not. */
export const canMakeRoles = async (client: pg.ClientBase): Promise<boolean> => {
  const found = await client.query<{ can: boolean }>(
    'SELECT rolsuper OR rolcreaterole AS can FROM pg_roles WHERE rolname = current_user',
  )
  return found.rows[0]?.can === true
}

/** Makes the roles that are missing and sets the passwords that are given. Safe to repeat and to race. */
export const ensureRoles = async (client: pg.Client, passwords: RolePasswords): Promise<void> => {
  for (const name of ROLE_NAMES) {
    const role = ROLES[name]
    // Roles belong to the whole server, so another database's migration may make them at the same moment.
    await client.query(`DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
        CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`)
    const password = passwords[name]
    if (password !== undefined) {
      await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
    }
  }
  const superuser = await client.query<{ rolsuper: boolean }>(
    'SELECT rolsuper FROM pg_roles WHERE rolname = current_user',
  )
  if (superuser.rows[0]?.rolsuper !== true) {
    await client.query(`GRANT ${ROLES.owner} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`)
  }
}

/** Tables that the writer only adds to, and those from which it may take away; it updates the others. */
const APPEND_ONLY = [
  'ledger',
  'audit',
  'plans',
  'attempts',
  'artifacts',
  'evidence_packs',
  'dossiers',
  'task_logs',
]
/** Tables of which the writer updates these columns alone. */
const UPDATABLE: Readonly<Record<string, string>> = { token_keys: 'retired_at' }
const DELETABLE = [
  'idempotency',
  'blobs',
  'item_dependencies',
  'workers',
  'bus_messages',
  'bus_keys',
  'bus_groups',
  'bus_deliveries',
]
const READ_ONLY = ['clock', 'schema_version']

/**
 * Gives each role what it needs and no more. Runs as the owner after every migration, so that a new table
 * is not forgotten. The owner gives up changing the ledger and the audit, which guards single-role mode from slips.
 */
export const grantPrivileges = async (client: pg.ClientBase, hasRoles: boolean): Promise<void> => {
  await client.query('REVOKE UPDATE, DELETE, TRUNCATE ON ropewalk.ledger, ropewalk.audit FROM CURRENT_USER')
  if (!hasRoles) return
  const { writer, reader, test } = ROLES
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'ropewalk' ORDER BY 1",
  )
  const grants = rows.map(({ name }) => {
    if (READ_ONLY.includes(name)) return `GRANT SELECT ON ropewalk.${name} TO ${writer}`
    if (APPEND_ONLY.includes(name)) return `GRANT SELECT, INSERT ON ropewalk.${name} TO ${writer}`
    const columns = UPDATABLE[name]
    if (columns !== undefined)
      return `GRANT SELECT, INSERT, UPDATE (${columns}) ON ropewalk.${name} TO ${writer}`
    const take = DELETABLE.includes(name) ? ', DELETE' : ''
    return `GRANT SELECT, INSERT, UPDATE${take} ON ropewalk.${name} TO ${writer}`
  })
  await client.query(
    [
      `GRANT USAGE ON SCHEMA ropewalk TO ${writer}, ${reader}, ${test}`,
      ...grants,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ropewalk TO ${reader}`,
      `GRANT SELECT, UPDATE ON ropewalk.clock TO ${test}`,
      `GRANT EXECUTE ON FUNCTION ropewalk.list_workspace_ids() TO ${writer}`,
      `GRANT EXECUTE ON FUNCTION ropewalk.find_messages TO ${reader}`,
      `GRANT EXECUTE ON FUNCTION ropewalk.audit_foreign TO ${writer}`,
      `GRANT USAGE ON SCHEMA pgboss TO ${writer}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgboss TO ${writer}`,
      `GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgboss TO ${writer}`,
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgboss TO ${writer}`,
    ].join(';\n'),
  )
}
