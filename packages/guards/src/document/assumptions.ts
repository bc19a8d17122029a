import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { isMeasured, listDocuments } from '../text/citations.ts'
import { getContentWords, getLikeness } from '../text/statements.ts'
import { fact, judgeChecks, limit, share, type Check } from './checks.ts'
import { countDistinct, findRepeated } from './repeated.ts'

/** Five challenged assumptions by row DX-P03. */
const Settings = z.strictObject({
  min_challenged: z.int().min(0).max(100).default(5),
  min: z.number().min(0).max(1).default(0.8),
})

/** From this likeness on, a challenge only repeats what it should put in doubt. */
const SAME = 0.8

type Assumption = DocumentOf<'RevisedAssumptions'>['assumptions'][number]

const isSame = (a: string, b: string): boolean => getLikeness(getContentWords(a), getContentWords(b)) >= SAME

const checkAssumption = (
  one: Assumption,
  index: number,
  documents: ReadonlyMap<string, unknown>,
): Check[] => {
  const at = `RevisedAssumptions#/assumptions/${index}`
  const { statement, challenge, verdict, revised_statement: revised, status, cites } = one
  const isRevised = verdict === 'revised'
  return [
    share(
      !isSame(statement, challenge),
      `${at}/challenge only repeats the statement; say what would make it false.`,
    ),
    fact(
      isRevised === (revised !== null && revised !== statement),
      isRevised
        ? `${at}/verdict is revised, but revised_statement is ${revised === null ? 'null' : 'the statement itself'}.`
        : `${at}/verdict is ${verdict}, but revised_statement gives another wording.`,
    ),
    fact(
      status !== 'validated' || isMeasured(documents, cites),
      `${at}/status is validated, but the assumption cites nothing that was measured.`,
    ),
    fact(
      verdict !== 'dropped' || status === 'invalidated' || status === 'waived',
      `${at}/verdict is dropped, yet its status is ${status}; expected invalidated or waived.`,
    ),
  ]
}

const checkTakenUp = (
  assumptions: readonly Assumption[],
  spec: DocumentOf<'IdeaSpec'> | undefined,
): Check[] => {
  const cites = assumptions.flatMap((one) => one.cites)
  return (spec?.assumptions ?? []).map((_assumption, index) => {
    const place = `IdeaSpec#/assumptions/${index}`
    const ok = cites.some((citation) => citation === place || citation.startsWith(`${place}/`))
    return share(ok, `No assumption of RevisedAssumptions cites ${place}, so nobody challenged it.`)
  })
}

/** Enough different assumptions, each really challenged, with verdicts that agree with what they say. */
export const guard = makeGuard({
  name: 'assumptions',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const revised = findDocument(input, 'RevisedAssumptions')
    if (revised === undefined) return lacks('RevisedAssumptions')
    const { assumptions, changes } = revised
    const documents = listDocuments(input)
    const statements = assumptions.map(({ statement }) => statement)
    const challenged = countDistinct(
      assumptions.filter((one) => !isSame(one.statement, one.challenge)).map(({ statement }) => statement),
    )
    const hasChanged = assumptions.some(({ verdict }) => verdict !== 'kept')
    const checks = [
      limit(
        challenged >= settings.min_challenged,
        `RevisedAssumptions#/assumptions challenges ${challenged} different assumptions, expected at least ${settings.min_challenged}.`,
      ),
      ...findRepeated('RevisedAssumptions#/assumptions/*/statement', statements),
      ...assumptions.flatMap((one, index) => checkAssumption(one, index, documents)),
      ...checkTakenUp(assumptions, findDocument(input, 'IdeaSpec')),
      share(
        changes.length > 0 || !hasChanged,
        'RevisedAssumptions#/changes is empty, though an assumption was revised or dropped; say what it changes.',
      ),
    ]
    return judgeChecks(checks, settings.min, { assumptions: assumptions.length, challenged })
  },
})
