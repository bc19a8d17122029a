import type { DossierManifest, Evidence } from '@ropewalk/core/dossier/manifest'
import {
  badge,
  code,
  heading,
  link,
  list,
  more,
  note,
  quiet,
  type Line,
  type Section,
  type View,
} from '../view.ts'
import { command, count, getTone, shortCommit, VERDICTS, VERDICT_TONES } from '../words.ts'

type Requirement = DossierManifest['requirements'][number]
type Row = NonNullable<DossierManifest['traceability']>['rows'][number]

/** The page of a document, at one of its anchors; the plain text where there is no such page. */
const linkInto = ({ documents }: DossierManifest, name: string, anchor: string, text: string) => {
  const page = documents.findLast((document) => document.name === name && document.isNewest)
  return page === undefined ? text : link(`${page.html}#${anchor}`, text)
}

const listOrigins = ({ origins, cites }: Row): Line[] =>
  origins.length === 0
    ? [[badge('gap', 'no origin'), ` It cites ${cites.join(', ') || 'nothing'}.`]]
    : [
        ...new Map(
          origins.map(({ path, text }): [string, Line] => [
            text,
            [`“${text}” `, quiet(path.toReversed().join(' → '))],
          ]),
        ).values(),
      ]

const listTests = ({ tests }: Row): Line[] =>
  tests.length === 0
    ? [[badge('bad', 'none'), ' No test that the engine ran at the accepted commit names it.']]
    : tests.map(({ test, file, outcome }) => [badge(getTone(outcome), outcome), ` ${test} `, quiet(file)])

const showCheck = (evidence: Evidence): Line => [
  badge(getTone(evidence.outcome), evidence.outcome),
  ' ',
  link(evidence.file, `${evidence.guard} in ${evidence.phase}, round ${evidence.round}`),
  ...(evidence.command === null ? [] : [': ', code(command(evidence.command))]),
  ...(evidence.exitCode === null ? [] : [`, exit code ${evidence.exitCode}`]),
  ...(evidence.revision === null ? [] : [', commit ', code(shortCommit(evidence.revision))]),
  ...(evidence.confined === 'no' ? [' ', badge('gap', 'without a sandbox')] : []),
]

const listChecks = ({ evidence }: DossierManifest, { checks }: Row): Line[] =>
  checks.length === 0
    ? [[badge('bad', 'none'), ' Nothing that the engine ran stands behind it.']]
    : checks.flatMap(({ digest }) => {
        const found = evidence.find((one) => one.digest === digest)
        return found === undefined ? [] : [showCheck(found)]
      })

const listStories = (manifest: DossierManifest, { stories }: Row): Line[] =>
  stories.length === 0
    ? [[badge('gap', 'none'), ' No story serves it.']]
    : stories.map((id) => [
        linkInto(manifest, 'UserStories', id, id),
        ` ${manifest.stories.find((story) => story.id === id)?.text ?? ''}`,
      ])

const PRIORITIES = { must: 'must have', should: 'should have', could: 'could have' } as const

/** Reasons of its own; gaps of the whole run are told once, above. */
const listOwnReasons = ({ gaps }: DossierManifest, { reasons }: Requirement): Line[] => {
  const shared = new Set(gaps.map(({ text }) => text))
  return reasons.filter((reason) => !shared.has(reason)).map((reason) => [reason])
}

const makeChain = (manifest: DossierManifest, requirement: Requirement, row: Row | undefined): View => {
  const { id, title, statement, verdict, priority } = requirement
  const own = listOwnReasons(manifest, requirement)
  const summary: Line = [
    badge(VERDICT_TONES[verdict], VERDICTS[verdict]),
    ' ',
    code(id),
    ` ${title} `,
    quiet(`${PRIORITIES[priority]}, ${count(row?.tests.length ?? 0, 'test')}`),
  ]
  const shared = requirement.reasons.length - own.length
  const steps: View = {
    type: 'steps',
    items: [
      { name: 'Asked for', lines: row === undefined ? [['Nothing traces it.']] : listOrigins(row) },
      { name: 'Requirement', lines: [[linkInto(manifest, 'PRD', id, id), ` ${statement}`]] },
      ...(row === undefined
        ? []
        : [
            { name: 'Story', lines: listStories(manifest, row) },
            { name: 'Test', lines: listTests(row) },
            { name: 'Check', lines: listChecks(manifest, row) },
          ]),
      {
        name: 'Verdict',
        lines: [
          [
            badge(VERDICT_TONES[verdict], VERDICTS[verdict]),
            ' ',
            link(`#${id}`, 'this line'),
            ...(shared > 0
              ? [
                  ', with the ',
                  link('#missing', count(shared, 'gap of the whole run', 'gaps of the whole run')),
                ]
              : []),
          ],
        ],
      },
    ],
  }
  return more(summary, [...(own.length > 0 ? [list(own)] : []), steps], id)
}

/** What the tests behind the verdict were run with, said once for all requirements. */
const makeProof = ({ evidence, run }: DossierManifest): View => {
  const counting = evidence.filter(({ counts }) => counts)
  if (counting.length === 0)
    return note('bad', 'No test run of the engine at the accepted commit stands behind these requirements.')
  const where = counting.map(({ phase }) => phase).join(' and ')
  return {
    type: 'text',
    line: [
      `A requirement counts as verified where tests that name it passed, run by the engine in ${where} at the accepted commit `,
      code(shortCommit(run.commit ?? '')),
      '. Evidence of any other commit does not count.',
    ],
  }
}

/** Each requirement with its chain from a sentence of the idea to the check that proves it. */
export const makeRequirements = (manifest: DossierManifest): Section => {
  const rows = manifest.traceability?.rows ?? []
  return {
    id: 'requirements',
    title: 'Requirements',
    views: [
      makeProof(manifest),
      ...(manifest.requirements.length === 0
        ? [note('bad', 'There are none, so nothing can be verified.')]
        : []),
      ...manifest.requirements.map((requirement) =>
        makeChain(
          manifest,
          requirement,
          rows.find(({ requirementId }) => requirementId === requirement.id),
        ),
      ),
    ],
  }
}

/** What leads nowhere, forwards and backwards. */
export const makeOrphans = ({ traceability }: DossierManifest): Section => {
  if (traceability === null)
    return {
      id: 'orphans',
      title: 'What leads nowhere',
      views: [note('bad', 'There are no requirements with stories to trace.')],
    }
  const { orphans } = traceability
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['Requirements that rest on nothing anybody asked for', orphans.requirementsWithoutOrigin],
    ['Goals of the idea without a requirement', orphans.goalsWithoutRequirement],
    ['Requirements without a story', orphans.requirementsWithoutStory],
    ['Requirements without a test', orphans.requirementsWithoutTest],
    ['Stories without a requirement', orphans.storiesWithoutRequirement],
    ['Tests that prove no requirement', orphans.testsWithoutRequirement],
  ]
  const found = kinds.filter(([, names]) => names.length > 0)
  return {
    id: 'orphans',
    title: 'What leads nowhere',
    views:
      found.length === 0
        ? [
            note(
              'good',
              'Nothing: every goal has a requirement, every requirement an origin, a story and a test, and every story and test a requirement.',
            ),
          ]
        : found.flatMap(([title, names]) => [heading(3, title), list(names.map((name) => [name]))]),
  }
}
