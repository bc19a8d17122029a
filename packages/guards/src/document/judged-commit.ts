import type { GuardInput } from '../guard.ts'

/** The commit under judgement: that of the checkout, else of the run's code; null where there is none. */
export const getJudgedCommit = (input: GuardInput): string | null =>
  input.worktree?.commit ??
  [...input.judged, ...input.others].find(({ artifact }) => artifact.name === 'SourceCode')?.artifact
    .commit ??
  null
