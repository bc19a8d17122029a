import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { prepareBinaries } from '../../src/store/embedded/binaries.ts'
import { prepareCluster } from '../../src/store/embedded/cluster.ts'
import { prepareLayout } from '../../src/store/embedded/layout.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A home that has a database and nothing else. No server of it ever runs. */
    readonly homeTemplate: string
  }
}

/** Makes the database that homes of e2e tests begin with, and gives what removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const homeDir = await mkdtemp(join(tmpdir(), 'ropewalk-template-'))
  const layout = await prepareLayout(homeDir)
  await prepareCluster({
    layout,
    binaries: await prepareBinaries(layout),
    log: () => undefined,
    isDurable: false,
  })
  project.provide('homeTemplate', homeDir)
  return async () => {
    for (const folder of [layout.baseDir, homeDir]) await rm(folder, { recursive: true, force: true })
  }
}
