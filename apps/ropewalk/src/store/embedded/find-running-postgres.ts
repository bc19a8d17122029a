import { isAnswering, makeConnection } from './connection.ts'
import type { PostgresConnection } from './connection.ts'
import { findLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { findPostmasterRecord } from './processes.ts'
import { findSuperuserKey } from './superuser-key.ts'

/**
 * How to reach the server that some process of this home runs now; undefined when none answers. Makes and starts
 * nothing. Throws STORE_UNAVAILABLE when the server that answers does not know this home's password.
 */
export async function findRunningPostgres(homeDir: string): Promise<PostgresConnection | undefined> {
  return findAnswering(await findLayout(homeDir))
}

/** The same for paths already worked out. */
export async function findAnswering(layout: Layout): Promise<PostgresConnection | undefined> {
  const key = await findSuperuserKey(layout)
  if (key === undefined) return undefined
  const record = await findPostmasterRecord(layout.dataDir)
  if (record?.isReady !== true) return undefined
  const connection = makeConnection(layout, key, record)
  return (await isAnswering(connection)) ? connection : undefined
}
