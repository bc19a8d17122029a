// Records a run of a home as the data that its dossier is made of, for the tests beside this file:
// node record-run.ts HOME RUN_ID FILE.json.gz
// The run of the fixture was made beside a copy of examples/demo without its waiver, so that one gate fails once.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { pino } from 'pino'
import { openDatabase } from '../../src/cli/open-database.ts'
import { collectDossier } from '../../src/engine/dossier/collect-dossier.ts'
import { startEngine } from '../../src/engine/start.ts'
import { readLedgerRows } from '../../src/store/read-ledger.ts'

const [home = '', run = '', file = ''] = process.argv.slice(2)
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const log = pino({ level: 'silent' })
const database = await openDatabase({
  config: { home, databaseUrl: undefined, workspaceBudgetUsd: 100 },
  log,
})
const engine = await startEngine({ store: database.store, log, isTimerProcess: false })
const readLedger = (workspaceId: WorkspaceId, stream: string) =>
  readLedgerRows(database.store, workspaceId, stream)
const data = await collectDossier(engine, WorkspaceId.parse('default'), RunId.parse(run), readLedger)
const { view, gates, artifacts, reports, tasks, questions, waivers, cost, ledger } = data
const record = {
  view,
  gates,
  artifacts,
  reports,
  tasks,
  questions,
  waivers,
  cost,
  ledger,
  contents: [...data.contents],
}
// Folders of the machine that recorded it say nothing to a test.
const folders = {
  [home]: '/home/ropewalk',
  [path.dirname(process.execPath)]: '/opt/node/bin',
  [ROOT]: '/opt/ropewalk',
}
const text = Object.entries(folders).reduce(
  (whole, [from, to]) => whole.replaceAll(from, to),
  JSON.stringify(record),
)
writeFileSync(file, gzipSync(text, { level: 9 }))
await engine.stop()
await database.stop()
