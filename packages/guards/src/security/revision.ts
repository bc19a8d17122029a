import { getJudgedCommit } from '../document/judged-commit.ts'
import { findArtifact, getJson } from '../documents.ts'
import type { GuardInput } from '../guard.ts'

/**
 * The commit that reports must be about: the one under judgement, or that of the artifact `named` (its own
 * commit, or the revision a document of it states). Null where the run has no such thing.
 */
export const findExpectedRevision = (input: GuardInput, named: string | undefined): string | null => {
  if (named === undefined) return getJudgedCommit(input)
  const found = findArtifact(input, named)
  if (found === undefined || found.artifact.commit !== null) return found?.artifact.commit ?? null
  const json = getJson(found)
  const revision = typeof json === 'object' && json !== null && 'revision' in json ? json.revision : null
  return typeof revision === 'string' ? revision : null
}
