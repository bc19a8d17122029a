import { expect, test } from 'vitest'
import { createTestDatabase, withClient } from '../support/postgres.ts'

test('a test file gets a migrated database of its own, reached as each role, and gone after drop', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
  try {
    expect(one.name).not.toBe(other.name)
    await withClient(one.adminUrl, (client) => client.query('CREATE TABLE only_here (n int)'))
    await expect(withClient(other.adminUrl, (client) => client.query('TABLE only_here'))).rejects.toThrow(
      'only_here',
    )
    const who = await withClient(one.urlFor('ropewalk_writer'), (client) =>
      client.query('SELECT session_user::text AS who, current_database()::text AS name'),
    )
    expect(who.rows).toEqual([{ who: 'ropewalk_writer', name: one.name }])
  } finally {
    await one.drop()
    await other.drop()
  }
  await expect(withClient(one.adminUrl, (client) => client.query('SELECT 1'))).rejects.toMatchObject({
    code: '3D000',
  })
})
