import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findLayout } from '../../src/store/embedded/layout.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The bootstrap superuser of the suite's one server, database `postgres`. */
    readonly postgresAdminUrl: string
  }
}

/** A power cut in the middle of a test run loses nothing that anybody wants back. */
const SUITE_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
}

/** Starts the suite's one Postgres in a home of its own and gives what ends and removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const homeDir = await mkdtemp(join(tmpdir(), 'ropewalk-suite-'))
  const lines: string[] = []
  const postgres = await startEmbeddedPostgres({
    homeDir,
    settings: SUITE_SETTINGS,
    log: (line) => lines.push(line),
  })
  postgres.onExit((why) => {
    process.stderr.write(`the suite's Postgres ended (${why}):\n${lines.join('\n')}\n`)
  })
  project.provide('postgresAdminUrl', postgres.url)
  return async () => {
    const { baseDir } = await findLayout(homeDir)
    await postgres.stop()
    await rm(baseDir, { recursive: true, force: true })
    await rm(homeDir, { recursive: true, force: true })
  }
}
