/**
 * A process for the tests to kill: starts the embedded Postgres of the home in its first argument, says so on
 * standard output as JSON lines, and stops cleanly on SIGTERM. With a second argument `write` it inserts rows one by
 * one and says the number of each as soon as its commit is acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'

const [, , homeDir = '', mode = 'idle'] = process.argv

const say = (fact: object): void => {
  process.stdout.write(`${JSON.stringify(fact)}\n`)
}

const postgres = await startEmbeddedPostgres({
  homeDir,
  log: (line) => {
    say({ log: line })
  },
})
postgres.onExit((why) => {
  say({ exit: why })
})
// Before the tests hear that it is ready: the signal may come at once.
process.once('SIGTERM', () => {
  void postgres.stop().then(() => process.exit(0))
})

const { url, pid, socketDir, dataDir, isOwner } = postgres
say({ ready: { url, pid, socketDir, dataDir, isOwner } })

if (mode === 'write') await writeForever()
for (;;) await sleep(1_000)

async function writeForever(): Promise<never> {
  const client = new pg.Client({ connectionString: url, ssl: false })
  await client.connect()
  await client.query('CREATE TABLE IF NOT EXISTS kept (n bigint PRIMARY KEY)')
  const last = await client.query<{ n: string }>('SELECT coalesce(max(n), 0) AS n FROM kept')
  for (let n = Number(last.rows[0]?.n) + 1; ; n += 1) {
    await client.query('INSERT INTO kept VALUES ($1)', [n])
    say({ acknowledged: n })
  }
}
