import type { Artifact } from '@ropewalk/core/contract/artifact'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId } from '@ropewalk/core/ids'
import { makeRunRepositories } from '../../repo/git/run-repositories.ts'
import type { ListChangedFiles } from './manifest/gates.ts'

/** What is needed to compare the code of a run. */
export type CodeSource = {
  readonly home: string
  readonly runId: RunId
  readonly readBlob: (digest: string) => Promise<Buffer>
}

const getKey = (base: string | null, commit: string): string => `${base ?? ''} ${commit}`

/**
 * Compares each version of the code with the one before it. What cannot be compared, as on a machine without
 * git, is left out: the dossier then names the commits alone.
 */
export const listCodeChanges = async (
  { home, runId, readBlob }: CodeSource,
  artifacts: readonly Artifact[],
): Promise<ListChangedFiles> => {
  const repositories = makeRunRepositories(home)
  const changes = new Map<string, readonly string[]>()
  const code = artifacts.filter(({ commit }) => commit !== null)
  for (const { name, version, commit, digest } of code) {
    const before = code.find((one) => one.name === name && one.version === version - 1)
    if (commit === null || before === undefined) continue
    try {
      for (const one of [before, { commit, digest }])
        if (one.commit !== null && !(await repositories.hasCommit(runId, one.commit)))
          await repositories.importBundle(runId, await readBlob(one.digest), one.commit)
      changes.set(getKey(before.commit, commit), await repositories.listChanged(runId, before.commit, commit))
    } catch (error) {
      // Only what git itself says; a store that is away must stop the dossier and have it made later.
      if (!(error instanceof RopewalkError) || error.code === 'STORE_UNAVAILABLE') throw error
      changes.delete(getKey(before.commit, commit))
    }
  }
  return (base, commit) => changes.get(getKey(base, commit)) ?? null
}
