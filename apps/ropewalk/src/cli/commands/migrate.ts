import { migrateDatabase } from '../open-database.ts'
import { openLog, readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'

/** Brings the database to this release; safe to repeat. */
export const migrate = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const config = await readSettings(terminal, flags)
  const result = await migrateDatabase({ config, log: await openLog(config) })
  if (flags.json === true) terminal.out(JSON.stringify(result))
  else {
    for (const name of result.applied) terminal.out(name)
    terminal.say(
      `The database is at version ${result.version} (jobs ${result.jobsVersion}), ${result.mode === 'roles' ? 'with roles apart' : 'with one role for everything'}; ${result.applied.length} migrations were applied.`,
    )
  }
  return EXIT.ok
}
