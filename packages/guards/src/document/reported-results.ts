import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument, getJson } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { isFoundIn, listDocuments, parseCitation } from '../text/citations.ts'
import { findByPointer, listValues } from '../text/json-pointer.ts'
import { listSentences } from '../text/statements.ts'
import { fact, getShare, judgeChecks, limit, show, type Check } from './checks.ts'

const Settings = z.strictObject({
  /** The share of requirements whose row of the matrix some observation of TestReport cites. */
  min_observed: z.number().min(0).max(1).default(0.9),
  min: z.number().min(0).max(1).default(1),
})

type Rtm = DocumentOf<'RTM'>
type Row = Rtm['rows'][number]
type Report = DocumentOf<'TestReport'>
type Documents = ReadonlyMap<string, unknown>

const isPass = (outcome: string): boolean => /^pass(?:ed)?$/u.test(outcome)
const isFail = (outcome: string): boolean => /^fail(?:ed)?$/u.test(outcome)

/** The tests of the matrix; one that proves two requirements stands in two rows and counts once. */
export const countTests = ({
  rows,
}: {
  readonly rows: readonly Pick<Row, 'tests'>[]
}): { readonly passed: number; readonly failed: number } => {
  const tests = new Map(
    rows.flatMap(({ tests: own }) => own).map((one) => [`${one.file}\0${one.test}`, one.outcome]),
  )
  const outcomes = [...tests.values()]
  return { passed: outcomes.filter(isPass).length, failed: outcomes.filter(isFail).length }
}

const isProven = ({ tests }: Row): boolean =>
  tests.some(({ outcome }) => isPass(outcome)) && !tests.some(({ outcome }) => isFail(outcome))

const SAID = /\b(\d+)(?: of (?:the |all )?\d+)? tests? (?:have |has )?(passed|failed)\b/giu

const checkCounts = (report: Report, rtm: Rtm): Check[] => {
  const ours = countTests(rtm)
  // A sentence about one requirement counts the tests of that one.
  const sentences = listSentences(report.summary).filter((sentence) => !/\bREQ-\d{3}\b/u.test(sentence))
  const said = sentences.flatMap((sentence) => [...sentence.matchAll(SAID)])
  return [
    ...(['passed', 'failed'] as const).map((key) =>
      fact(
        report[key] === ours[key],
        `TestReport#/${key} says ${report[key]}, but the tests of RTM count ${ours[key]}.`,
      ),
    ),
    ...said.map(([text, number, word = '']) => {
      const counted = word.toLowerCase() === 'passed' ? ours.passed : ours.failed
      return fact(
        Number(number) === counted,
        `TestReport#/summary says "${text}", but the tests of RTM count ${counted}.`,
      )
    }),
  ]
}

const checkObserved = (
  report: Report,
  rtm: Rtm,
  prd: DocumentOf<'PRD'> | undefined,
  least: number,
): Check => {
  const cites = report.observations.flatMap((one) => one.cites)
  const isCited = (place: string) =>
    cites.some((citation) => citation === place || citation.startsWith(`${place}/`))
  const missed = rtm.rows.filter(({ requirementId }, index) => {
    const at = prd?.requirements.findIndex(({ id }) => id === requirementId) ?? -1
    return !isCited(`RTM#/rows/${index}`) && (at < 0 || !isCited(`PRD#/requirements/${at}`))
  })
  const observed = getShare(rtm.rows.length - missed.length, rtm.rows.length)
  return limit(
    observed + 1e-9 >= least,
    `TestReport#/observations look at ${show(observed)} of the requirements, expected ${show(least)}: none cites the row of ${missed.map(({ requirementId }) => requirementId).join(', ')}.`,
  )
}

const ADMITS =
  /\bnot[- ](?:been )?(?:run|tried|measured|known|started|taken|done|made|tested|checked|available)\b|\bun(?:known|measured|tested|checked)\b|\bnothing\b|\bcould not\b|\bcannot\b|\bno (?:result|figure|measurement|browser|report)|\bskipped\b|\bopen\b|\babsent\b/iu

/** A sentence that rests on a report nobody could make must say so. */
const checkUnmade = (report: Report, documents: Documents): Check[] =>
  report.observations.flatMap(({ text, cites }, index) =>
    cites.flatMap((citation) => {
      const { document } = parseCitation(citation)
      if (
        findByPointer(documents.get(document), '/outcome')?.value !== 'not-run' ||
        !isFoundIn(documents, citation)
      )
        return []
      return [
        fact(
          ADMITS.test(text),
          `TestReport#/observations/${index} tells of ${citation}, but ${document} was not run: "${text.slice(0, 200)}"`,
        ),
      ]
    }),
  )

const ALL =
  /\b(?:all|every|each)(?: of)?(?: the| its| our)?(?: \d+)? (tests?|requirements?)\b[^.;,]{0,40}?\b(?:pass(?:es|ed)?|succeed(?:s|ed)?|(?:is|are|was|were|has been|have been) (?:met|verified|proven|proved|green|tested|covered))\b/iu
const HEDGES =
  /\b(?:if|when|once|until|unless|must|should|will|would|not|no|except|before|after|whether|only)\b/iu

/** Sentences that say all tests passed, or all requirements are proven, of a matrix that shows otherwise. */
const checkClaims = (name: string, json: unknown, rtm: Rtm): Check[] => {
  const open = rtm.rows.filter((row) => !isProven(row)).map(({ requirementId }) => requirementId)
  const { failed, passed } = countTests(rtm)
  return listValues(json).flatMap(({ pointer, value }) =>
    (typeof value === 'string' ? listSentences(value) : []).flatMap((sentence) => {
      const [, subject = ''] = ALL.exec(sentence) ?? []
      if (subject === '' || HEDGES.test(sentence)) return []
      const isTrue = subject.startsWith('test') ? failed === 0 && passed > 0 : open.length === 0
      const shows = subject.startsWith('test')
        ? `${failed} failed and ${passed} passed`
        : `${open.join(', ')} open`
      return [fact(isTrue, `${name}#${pointer} says "${sentence.slice(0, 200)}", but RTM shows ${shows}.`)]
    }),
  )
}

/** What documents tell of results is what the matrix and the reports of the run show, counted again. */
export const guard = makeGuard({
  name: 'reported-results',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const rtm = findDocument(input, 'RTM')
    if (rtm === undefined) return lacks('RTM')
    const report = input.judged.some(({ artifact }) => artifact.name === 'TestReport')
      ? findDocument(input, 'TestReport')
      : undefined
    const checks = [
      ...(report
        ? [
            ...checkCounts(report, rtm),
            checkObserved(report, rtm, findDocument(input, 'PRD'), settings.min_observed),
            ...checkUnmade(report, listDocuments(input)),
          ]
        : []),
      ...input.judged.flatMap((one) => checkClaims(one.artifact.name, getJson(one), rtm)),
    ]
    // A document that tells of no result tells of no false one.
    if (checks.length === 0) return { outcome: 'pass', score: 1, reasons: [], metrics: { claims: 0 } }
    return judgeChecks(checks, settings.min, countTests(rtm))
  },
})
