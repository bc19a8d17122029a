import type { Prd } from '@ropewalk/core/contract/documents'
import type { Review } from '@ropewalk/core/contract/documents/review'
import type { AgentJob } from '../../../agent-runtime.ts'
import { isNotBuilt } from '../demands.ts'
import { clip, getPlainLine } from '../words.ts'
import { makeOfflineError, readInput } from './inputs.ts'
import { isCut, listAddedLines, type AddedLine } from './parts/added-lines.ts'
import { conclude, find, type Finding, type Severity } from './parts/review-rules.ts'

const IS_CODE = /\.(?:[cm]?[jt]sx?|vue|svelte)$/u
const IS_TEST = /(?:^|\/)(?:tests?|__tests__|spec)\/|\.(?:test|spec)\.[cm]?[jt]sx?$/u

type Rule = {
  readonly pattern: RegExp
  readonly severity: Severity
  readonly says: string
  readonly where: 'code' | 'test' | 'any'
}

/** What no service of ours needs, and what leaves a test without a say. */
const RULES: readonly Rule[] = [
  { pattern: /\beval\s*\(|\bnew Function\s*\(/u, severity: 'critical', says: 'runs text as code', where: 'code' },
  { pattern: /\bvm\b.*\brunIn\w*\(|node:vm\b/u, severity: 'high', says: 'runs code in another context', where: 'code' },
  { pattern: /\bchild_process\b/u, severity: 'critical', says: 'starts other programs', where: 'code' },
  { pattern: /\bprocess\.binding\b|\bdlopen\b/u, severity: 'critical', says: 'loads native code', where: 'code' },
  { pattern: /\b(?:fetch|https?\.(?:get|request))\s*\(\s*['"`]https?:\/\/(?!127\.0\.0\.1|localhost)/u, severity: 'high', says: 'calls another machine', where: 'code' },
  { pattern: /\.innerHTML\s*=|document\.write\s*\(/u, severity: 'high', says: 'puts text into a page as markup', where: 'code' },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b/u, severity: 'critical', says: 'holds a key', where: 'any' },
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/u, severity: 'high', says: 'holds a mark of unfinished work', where: 'any' },
  { pattern: /catch\s*(?:\([^)]*\))?\s*\{\s*\}/u, severity: 'medium', says: 'drops an error', where: 'code' },
  { pattern: /\b(?:it|test|describe)\.(?:only|skip|todo)\s*\(|\{\s*(?:skip|todo)\s*:\s*true/u, severity: 'high', says: 'leaves tests out', where: 'test' },
  { pattern: /assert(?:\.ok)?\s*\(\s*true\s*\)|assert\.(?:equal|strictEqual)\s*\(\s*(\d+|true)\s*,\s*\1\s*\)/u, severity: 'high', says: 'asserts what is always so', where: 'test' },
] // prettier-ignore

/** Tests may start the service as a program of its own; sources may start nothing. */
const applies = ({ where }: Rule, path: string): boolean =>
  where === 'any'
    ? !/\.md$/iu.test(path)
    : where === 'test'
      ? IS_TEST.test(path)
      : IS_CODE.test(path) && !IS_TEST.test(path)

const checkLine = (line: AddedLine): Finding[] =>
  RULES.filter((rule) => applies(rule, line.path) && rule.pattern.test(line.text)).map(({ severity, says }) =>
    find(
      severity,
      `${line.path}:${String(line.line)} ${says}: ${clip(getPlainLine(line.text), 160)}`,
      // A space would end a citation.
      [`SourceCode#/${encodeURI(line.path)}`],
    ),
  )

/** Which requirements the names of added tests carry. */
const listTested = (added: readonly AddedLine[]): ReadonlySet<string> =>
  new Set(
    added
      .filter(({ path, text }) => IS_TEST.test(path) && /\b(?:test|it|describe)\s*\(/u.test(text))
      .flatMap(({ text }) => text.match(/REQ-\d{3}/gu) ?? []),
  )

/** A requirement without a test: grave where it must be met, told where it may come later or nobody builds it. */
const checkTests = ({ requirements }: Prd, tested: ReadonlySet<string>, isWhole: boolean): Finding[] =>
  requirements.flatMap(({ id, title, statement, priority }, index) => {
    if (tested.has(id)) return []
    const at = [`PRD#/requirements/${String(index)}`]
    const name = clip(getPlainLine(title), 150)
    if (isNotBuilt(statement) || isNotBuilt(title))
      return [find('medium', `${id} (${name}) has no test, and says itself that no rule builds it.`, at, id)]
    if (!isWhole)
      return [
        find('medium', `No added test that was shown names ${id} (${name}); not all was shown.`, at, id),
      ]
    return [
      priority === 'must'
        ? find('high', `${id} (${name}) must be met, and no added test names it.`, at, id)
        : find('low', `${id} (${name}) has no test yet; the story loop has to bring one.`, at, id),
    ]
  })

/** Looks at a change as somebody who did not write it: what rules can see in its added lines. */
export const writeCodeReview = (job: AgentJob): Review => {
  const prd = readInput(job, 'PRD')
  const diff = job.review?.diff ?? null
  if (diff === null)
    throw makeOfflineError('The code review needs the change that it is to judge, and this task has none.')
  const added = listAddedLines(diff)
  const files = new Set(added.map(({ path }) => path))
  return conclude(
    'SourceCode',
    `${String(added.length)} added lines in ${String(files.size)} files were read against ${String(prd.requirements.length)} requirements${isCut(diff) ? '; other files were not shown' : ''}.`,
    [
      ...(added.length === 0 ? [find('high', 'The change adds no line.', ['SourceCode#'])] : []),
      ...added.flatMap(checkLine),
      ...checkTests(prd, listTested(added), !isCut(diff)),
    ],
  )
}
