// Runs Ropewalk and its peers one after the other on one embedded Postgres and prints the table.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

import pg from 'pg'

import { startEmbeddedPostgres } from '../apps/ropewalk/src/store/embedded/start-embedded-postgres.ts'
import { installPeers } from './install-peers.ts'
import { SYSTEMS, type PeerReport } from './peer-report.ts'
import { runPeer } from './run-peer.ts'
import { formatThreads, measureThreads } from './threads.ts'
import { formatMarkdown, getRatio, makeTable, type Machine } from './table.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})

const START_MARK = '<!-- bench -->'
const END_MARK = '<!-- /bench -->'

const root = path.join(import.meta.dirname, '..')

/** Puts the table between its marks in the README, and table and settings of all trials into docs/bench.md. */
const writePages = (markdown: string): void => {
  const readme = path.join(root, 'README.md')
  const source = readFileSync(readme, 'utf8')
  const from = source.indexOf(START_MARK)
  const to = source.indexOf(END_MARK)
  if (from < 0 || to < from) throw new Error(`${readme} has no ${START_MARK} … ${END_MARK}`)
  const table = markdown.slice(0, markdown.indexOf('\n- **')).trim()
  writeFileSync(readme, `${source.slice(0, from + START_MARK.length)}\n\n${table}\n\n${source.slice(to)}`)
  writeFileSync(
    path.join(root, 'docs', 'bench.md'),
    `# Bench\n\nWritten by \`npm run bench -- --write\`.\n\n${markdown.trim()}\n`,
  )
}

const getMachine = (postgres: string): Machine => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  memGb: Math.round(os.totalmem() / 2 ** 30),
  os: `${os.type()} ${os.release().split('-')[0] ?? ''}`,
  node: process.version,
  postgres,
})

const names = SYSTEMS.filter((name) => values.only === undefined || values.only.includes(name))
if (names.some((name) => name !== 'ropewalk')) {
  console.error(`peers: ${await installPeers()}`)
}
const home = mkdtempSync(path.join(os.tmpdir(), 'ropewalk-bench-'))
const postgres = await startEmbeddedPostgres({
  homeDir: home,
  log: (line) => {
    console.error(line)
  },
})
const admin = new pg.Client({ connectionString: postgres.url })

/** A paragraph on how soon messages arrive. */
const benchThreads = async (): Promise<string> => {
  console.error('measuring threads …')
  await admin.query('CREATE DATABASE bench_threads')
  const figures = await measureThreads(postgres.url.replace('@/postgres?', '@localhost/bench_threads?'))
  return `\n${formatThreads(figures)}\n`
}

try {
  await admin.connect()
  const version =
    (await admin.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version ?? ''
  const reports: PeerReport[] = []
  for (const name of names) {
    console.error(`measuring ${name} …`)
    await admin.query(`CREATE DATABASE bench_${name}`)
    // DBOS wants a host to be named; the socket in the query is what all of them use.
    const databaseUrl = postgres.url.replace('@/postgres?', `@localhost/bench_${name}?`)
    reports.push(await runPeer(name, { databaseUrl, seconds: Number(values.seconds) }))
  }
  const table = makeTable(getMachine(version), reports)
  const threads = names.includes('ropewalk') ? await benchThreads() : ''
  const markdown = `${formatMarkdown(table, reports)}${threads}`
  console.log(markdown)
  for (const peer of ['dbos', 'langgraph'] as const) {
    const ratio = getRatio(table, 'runs_per_s', peer)
    if (ratio !== undefined) console.log(`5-task runs: ${ratio.toFixed(1)} times ${peer}`)
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(table, null, 2)}\n`)
  if (values.write) writePages(markdown)
} finally {
  await admin.end()
  await postgres.stop()
  rmSync(home, { recursive: true, force: true })
}
