import type { DocumentName, DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import type { Judgement } from '../make-guard.ts'

/** What one document amounts to. `problems` fail it; `notRun` says why there is nothing to judge. */
export type Part = {
  readonly score: number
  readonly problems: readonly string[]
  readonly notRun?: string
  readonly isCritical?: boolean
  readonly metrics?: Readonly<Record<string, number>>
}

type MeasuredName = {
  [N in DocumentName]: DocumentOf<N> extends {
    readonly outcome: 'done' | 'not-run'
    readonly revision: string | null
  }
    ? N
    : never
}[DocumentName]

/** The problem of one condition: nothing where it holds. */
export const unless = (holds: boolean, problem: string): readonly string[] => (holds ? [] : [problem])

/**
 * A document of a tool, judged: what was not run stays not-run, what was measured on another commit or broke
 * off fails, and only the rest is given to `judge`. Undefined where the document is not among the artifacts.
 */
export const judgeMeasured = <N extends MeasuredName>(
  input: GuardInput,
  name: N,
  judge: (document: DocumentOf<N>) => Part,
): Part | undefined => {
  if (!input.judged.some(({ artifact }) => artifact.name === name)) return undefined
  const document = findDocument(input, name)
  if (document === undefined) return undefined
  const commit = input.worktree?.commit ?? null
  if (document.outcome === 'not-run')
    return { score: 0, problems: [], notRun: `${name}: ${document.reason ?? 'it was not run.'}` }
  const broken = document.reason === null ? [] : [`${name}: ${document.reason}`]
  const foreign = unless(
    document.revision === commit,
    `${name} is about the commit ${String(document.revision)}, and ${String(commit)} is judged.`,
  )
  if (foreign.length > 0) return { score: 0, problems: foreign, isCritical: true }
  const part = judge(document)
  return broken.length === 0
    ? part
    : { ...part, score: Math.min(part.score, 0.5), problems: [...broken, ...part.problems], isCritical: true }
}

/** The judgement of a guard that cannot know which commit is judged. */
const NO_COMMIT: Judgement = {
  outcome: 'error',
  score: 0,
  reasons: ['This check compares revisions: name the code (SourceCode) among its artifacts.'],
}

/** All parts together: one that fails fails the check, one that was not run leaves it not-run. */
export const judgeParts = (
  input: GuardInput,
  parts: readonly (Part | undefined)[],
  known: string,
): Judgement => {
  if (input.worktree === null) return NO_COMMIT
  const found = parts.filter((part) => part !== undefined)
  if (found.length === 0)
    return { outcome: 'error', score: 0, reasons: [`There is none of ${known} among the artifacts.`] }
  const problems = found.flatMap((part) => part.problems)
  const gaps = found.flatMap(({ notRun }) => (notRun === undefined ? [] : [notRun]))
  const judged = found.filter(({ notRun }) => notRun === undefined)
  const score =
    judged.length === 0 ? 0 : judged.reduce((sum, part) => sum + part.score, 0) / Math.max(1, judged.length)
  const metrics = Object.assign({}, ...found.map((part) => part.metrics ?? {})) as Record<string, number>
  if (problems.length > 0)
    return {
      outcome: 'fail',
      score: Math.min(score, 0.99),
      severity: found.some(({ isCritical }) => isCritical === true) ? 'critical' : 'major',
      reasons: [...problems, ...gaps],
      metrics,
    }
  if (gaps.length > 0) return { outcome: 'not-run', score: 0, reasons: gaps, metrics }
  return { outcome: 'pass', score: 1, reasons: [], metrics }
}
