import { appendFileSync } from 'node:fs'
import type pg from 'pg'

const findFile = (): string | undefined => process.env['ROPEWALK_TEST_SEEN_EVENTS']

/** Whether what tests see is wanted: in a run of all tests only. */
export const isNotingEvents = (): boolean => findFile() !== undefined

/**
 * Notes which types of events a test found in a ledger that the program itself wrote. The end of a whole run
 * compares them with the contracts (`scripts/run-tests.ts`); in any other run this does nothing.
 */
export const noteSeenEvents = (events: readonly { readonly type: string }[]): void => {
  const file = findFile()
  if (file === undefined || events.length === 0) return
  const types = [...new Set(events.map(({ type }) => type))]
  appendFileSync(file, types.map((type) => `${type}\n`).join(''))
}

/** The same for all that is in a database, which need not have a ledger. */
export const noteSeenIn = async (client: pg.Client): Promise<void> => {
  const found = await client.query(`SELECT 1 WHERE to_regclass('ropewalk.ledger') IS NOT NULL`)
  if (found.rowCount === 0) return
  const { rows } = await client.query<{ type: string }>(
    `SELECT DISTINCT unnest(string_to_array(types, ' ')) AS type FROM ropewalk.ledger`,
  )
  noteSeenEvents(rows)
}
