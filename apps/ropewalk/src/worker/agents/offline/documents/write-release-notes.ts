import type {
  IdeaSpec,
  Prd,
  ReleaseNotes,
  RepoManifest,
  Rtm,
  TestReport,
} from '@ropewalk/core/contract/documents'
import { FIRST_VERSION } from '../version.ts'
import { clip, getPlainLine } from '../words.ts'
import { isProven, tally } from './write-test-report.ts'

export type ReleaseSources = {
  readonly spec: IdeaSpec | undefined
  readonly prd: Prd
  readonly rtm: Rtm
  readonly report: TestReport | undefined
  readonly manifest: RepoManifest | undefined
}

const listChanges = ({ prd, rtm }: ReleaseSources): ReleaseNotes['changes'] => {
  const proven = new Set(rtm.rows.filter(isProven).map(({ requirementId }) => requirementId))
  const changes = prd.requirements.flatMap((requirement, index): ReleaseNotes['changes'] =>
    proven.has(requirement.id)
      ? [
          {
            kind: 'added',
            text: `${clip(getPlainLine(requirement.title), 200)} (${requirement.id}).`,
            cites: [`PRD#/requirements/${String(index)}`],
          },
        ]
      : [],
  )
  if (changes.length > 0) return changes
  return [
    {
      kind: 'added',
      text: 'A first build; no requirement of it has a passing test.',
      cites: ['PRD#/requirements/0'],
    },
  ]
}

const listGaps = ({ spec, prd, rtm, report }: ReleaseSources): string[] => {
  const rows = new Map(rtm.rows.map((row) => [row.requirementId, row]))
  const unproven = prd.requirements.flatMap(({ id, title }) => {
    const row = rows.get(id)
    if (row !== undefined && isProven(row)) return []
    const why =
      row === undefined || row.tests.length === 0 ? 'no test names it' : 'not every test of it passed'
    return [`${id} (${clip(getPlainLine(title), 160)}) is not proven: ${why}.`]
  })
  const counted = tally(rtm)
  const differs =
    report !== undefined && (report.passed !== counted.passed || report.failed !== counted.failed)
  return [
    ...unproven,
    ...(differs ? ['The counts of the test report differ from those of the traceability matrix.'] : []),
    'Documents and code were written by fixed rules, without a language model; they are marked simulated.',
    ...(spec?.out_of_scope ?? prd.out_of_scope).map(
      (each) => `Not part of this release: ${clip(getPlainLine(each), 300)}.`,
    ),
  ].slice(0, 30)
}

const QUOTED = /[^A-Za-z0-9_./=:-]/u
const quoteArgument = (part: string): string =>
  QUOTED.test(part) ? `'${part.replaceAll("'", String.raw`'\''`)}'` : part

const getHowToRun = (manifest: RepoManifest | undefined): string => {
  if (manifest === undefined)
    return 'The release has no manifest, so the command that starts it is not known here.'
  if (manifest.start === null || manifest.port_env === null)
    return 'The release has no command that starts it: it is not a service.'
  const start = manifest.start.map(quoteArgument).join(' ')
  const tests = ['node', '--test', ...manifest.tests].map(quoteArgument).join(' ')
  return clip(
    `In the root of the repository, with Node.js 24: ${manifest.port_env}=8080 ${start} starts the service on port 8080; ${tests} runs its tests.`,
    1990,
  )
}

/** What a user can now do, by the requirements that the matrix shows as proven, and what is missing. */
export const writeReleaseNotes = (sources: ReleaseSources): ReleaseNotes => {
  const { prd, rtm } = sources
  const proven = rtm.rows.filter(isProven).length
  return {
    version: FIRST_VERSION,
    title: clip(`${getPlainLine(prd.title)} ${FIRST_VERSION}`, 160),
    summary: `The first release. Tests prove ${String(proven)} of ${String(prd.requirements.length)} requirements.`,
    changes: listChanges(sources).slice(0, 60),
    known_gaps: listGaps(sources),
    how_to_run: getHowToRun(sources.manifest),
  }
}
