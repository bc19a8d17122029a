import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { findLayout, prepareLayout } from '../../src/store/embedded/layout.ts'

const run = promisify(execFile)

/**
 * Gives a home that was never started the database of the suite's template: new, empty and not yet migrated, as initdb
 * leaves it, with its password. A copy costs a tenth of initdb.
 */
export const placeDatabase = async (home: string): Promise<void> => {
  const template = await findLayout(inject('homeTemplate'))
  const layout = await prepareLayout(home)
  await copyFile(template.keyFile, layout.keyFile)
  // Owner and mode must be those that initdb gave: Postgres refuses a folder of anybody else.
  await run('cp', ['-a', '--', template.dataDir, layout.dataDir])
}
