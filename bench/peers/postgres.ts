import { readFileSync } from 'node:fs'

import pg from 'pg'

/** The version of an installed package. It is read from the file, for not every package exports its package.json. */
export function readInstalledVersion(name: string): string {
  const url = new URL(`node_modules/${name}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(url, 'utf8')) as { version: string }
  return version
}

/** A pool that has opened its connections, so that none is opened inside a measurement. */
export async function startPool(databaseUrl: string, size: number): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: size, idleTimeoutMillis: 0 })
  const clients = await Promise.all(Array.from({ length: size }, () => pool.connect()))
  for (const client of clients) client.release()
  return pool
}

/** The server's settings that decide what a commit is worth, read through the system's own kind of connection. */
export async function readServerSettings(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'shared_buffers')`,
  )
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
}

/** Runs a query of one row with the columns `runs` and `steps`. */
export async function countDurable(pool: pg.Pool, sql: string): Promise<{ runs: number; steps: number }> {
  const { rows } = await pool.query<{ runs: string; steps: string }>(sql)
  return { runs: Number(rows[0]?.runs), steps: Number(rows[0]?.steps) }
}
