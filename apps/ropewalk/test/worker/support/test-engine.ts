import { makeLog, type Log } from '../../../src/log.ts'
import { startEngine, type RunningEngine } from '../../../src/engine/start.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { createTestDatabase } from '../../support/postgres.ts'
import { WORKSPACE } from './worker-stage.ts'

export type TestEngine = {
  readonly engine: RunningEngine
  readonly log: Log
  /** For a second process on the same database. */
  readonly urls: { readonly writer: string; readonly reader: string }
  readonly stop: () => Promise<void>
}

/** The engine on a database of its own, with the workspace `default`. No timers run. */
export const startTestEngine = async (): Promise<TestEngine> => {
  const database = await createTestDatabase()
  const urls = { writer: database.urlFor('ropewalk_writer'), reader: database.urlFor('ropewalk_reader') }
  const log = makeLog({ level: 'error' })
  const engine = await startEngine({ databaseUrls: urls, log })
  await createWorkspace(engine.store, { id: WORKSPACE, capMicros: 1_000_000_000 })
  return {
    engine,
    log,
    urls,
    stop: async () => {
      await engine.stop()
      await database.drop()
    },
  }
}
