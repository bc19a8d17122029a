import type { Comparison } from '@ropewalk/core/contract/api/comparison'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { importBundle } from '../../../repo/git/bundle.ts'
import { countChanges, type FileChange } from '../../../repo/git/count-changes.ts'
import { withBundle } from '../../../repo/pack-repository.ts'
import type { Engine } from '../../contract.ts'
import type { DossierData } from '../../dossier/collect-dossier.ts'

/** Files that are named; the counts are of all. */
const MAX_FILES = 40

type Code = { readonly commit: string; readonly digest: string }

/** The accepted commit of a run and the bundle that holds it. */
const findCode = ({ view, artifacts }: DossierData): Code | undefined => {
  const commit = view.run.acceptedCommit
  const bundle = artifacts.findLast((artifact) => artifact.commit !== null && artifact.commit === commit)
  return commit === null || bundle === undefined ? undefined : { commit, digest: bundle.digest }
}

const sum = (changes: readonly FileChange[], pick: (change: FileChange) => number | null): number =>
  changes.reduce((total, change) => total + (pick(change) ?? 0), 0)

const countLines = ({ added, removed }: FileChange): number => (added ?? 0) + (removed ?? 0)

/**
 * From the accepted code of one run to that of the other; null where one has none. Works in a folder below
 * `scratch` that is gone afterwards.
 */
export const compareCode = async (
  engine: Pick<Engine, 'blobs'>,
  of: { readonly workspaceId: WorkspaceId; readonly scratch: string },
  sides: { readonly a: DossierData; readonly b: DossierData },
): Promise<Comparison['code']> => {
  const [ours, theirs] = [findCode(sides.a), findCode(sides.b)]
  if (ours === undefined || theirs === undefined) return null
  const found = { a: ours.commit, b: theirs.commit }
  if (ours.commit === theirs.commit) return { ...found, added: 0, removed: 0, changed: 0, files: [] }
  const bundle = await engine.blobs.read(of.workspaceId, ours.digest)
  const other = await engine.blobs.read(of.workspaceId, theirs.digest)
  const changes = await withBundle({ scratch: of.scratch, bundle, commit: ours.commit }, async (gitDir) => {
    await importBundle(gitDir, other, theirs.commit)
    return countChanges(gitDir, ours.commit, theirs.commit)
  })
  return {
    ...found,
    added: sum(changes, ({ added }) => added),
    removed: sum(changes, ({ removed }) => removed),
    changed: changes.length,
    files: changes
      .toSorted((a, b) => countLines(b) - countLines(a) || (a.path < b.path ? -1 : 1))
      .slice(0, MAX_FILES),
  }
}
