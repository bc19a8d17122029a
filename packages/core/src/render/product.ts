import type { DocumentOf } from '../contract/documents.ts'
import { type Block, entry, list, note, paragraph, part, restsOn, section, table, title } from './blocks.ts'

const PRIORITY = { must: 'must have', should: 'should have', could: 'could have' } as const

/** The product requirements, each with its acceptance criteria and what it rests on. */
export const renderPrd = (prd: DocumentOf<'PRD'>): Block[] => [
  title(prd.title),
  paragraph(prd.overview),
  ...part(
    'Requirements',
    ...prd.requirements.flatMap((requirement) => [
      entry(`${requirement.id}: ${requirement.title}`, requirement.id),
      paragraph(`${requirement.statement}${restsOn(requirement.cites)}`),
      paragraph(`Priority: ${PRIORITY[requirement.priority]}. Accepted when:`),
      list(requirement.acceptance),
    ]),
  ),
  ...part(
    'Qualities',
    table(
      ['What', 'Measured by', 'Rests on'],
      prd.nonfunctional.map(({ text, measure, cites }) => [text, measure, cites.join(', ')]),
    ),
  ),
  ...part('Out of scope', list(prd.out_of_scope)),
]

/** The stories, each with its criteria and the requirements it serves. */
export const renderUserStories = ({ stories }: DocumentOf<'UserStories'>): Block[] => [
  title('User stories'),
  section('The stories'),
  ...stories.flatMap((story) => [
    entry(`${story.id}: ${story.want}`, story.id),
    paragraph(`As ${story.as}, I want this: ${story.want} So that: ${story.so_that}`),
    paragraph(`Serves ${story.requirements.join(', ')}. Accepted when:`),
    list(story.acceptance),
  ]),
]

type Row = DocumentOf<'RTM'>['rows'][number]

const renderRow = (row: Row): Block[] => [
  entry(row.title === '' ? row.requirementId : `${row.requirementId}: ${row.title}`, row.requirementId),
  list([
    ...row.origins.map(({ path, text }) => `From the idea: “${text}” (${path.join(' → ')})`),
    ...(row.origins.length === 0 ? [`Cites: ${row.cites.join(', ') || 'nothing'}`] : []),
    `Stories: ${row.stories.join(', ') || 'none'}`,
    ...row.tests.map(({ test, file, outcome }) => `Test: ${test} in ${file}: ${outcome}`),
    ...(row.tests.length === 0 ? ['Tests: none, so it is not verified'] : []),
    ...row.checks.map(
      ({ phase, guard, round, outcome, digest }) =>
        `Checked by ${guard} in phase ${phase}, round ${String(round)}: ${outcome} (report ${digest})`,
    ),
    ...(row.dossier === null ? [] : [`In the dossier: ${row.dossier}`]),
  ]),
]

/** What each kind of orphan means, in words. */
const listOrphans = ({ orphans }: DocumentOf<'RTM'>): string[] => [
  ...orphans.requirementsWithoutOrigin.map((id) => `${id} rests on nothing that was asked for`),
  ...orphans.goalsWithoutRequirement.map((goal) => `No requirement serves ${goal}`),
  ...orphans.requirementsWithoutStory.map((id) => `${id} has no story`),
  ...orphans.requirementsWithoutTest.map((id) => `${id} has no test`),
  ...orphans.storiesWithoutRequirement.map((id) => `${id} serves no requirement that exists`),
  ...orphans.testsWithoutRequirement.map((test) => `The test “${test}” proves no requirement`),
]

const countTests = (tests: Row['tests']): string =>
  tests.length === 0
    ? 'none'
    : `${String(tests.filter(({ outcome }) => outcome === 'pass').length)} of ${String(tests.length)} passed`

/** The chain of each requirement, from the sentence it comes from to the line of the dossier. */
export const renderRtm = (rtm: DocumentOf<'RTM'>): Block[] => {
  const orphans = listOrphans(rtm)
  return [
    title('Traceability'),
    table(
      ['Requirement', 'Stories', 'Tests', 'Reports'],
      rtm.rows.map((row) => [
        row.title === '' ? row.requirementId : `${row.requirementId} ${row.title}`,
        row.stories.join(', ') || 'none',
        countTests(row.tests),
        String(row.checks.length),
      ]),
    ),
    ...(orphans.length === 0
      ? [note('info', 'Nothing is left over: each thing leads to the next, forwards and backwards.')]
      : [note('gap', `${String(orphans.length)} links are missing.`), list(orphans)]),
    ...part('Chains', ...rtm.rows.flatMap(renderRow)),
  ]
}

const NAMES = { accept: 'accepted', reject: 'rejected' } as const

/** An independent judgement with its findings, the gravest as the author wrote them. */
export const renderReview = (review: DocumentOf<'PrdReview'>): Block[] => [
  title(`Review of ${review.artifact}: ${NAMES[review.verdict]}`),
  paragraph(review.summary),
  ...part(
    'Findings',
    table(
      ['Severity', 'Finding', 'Requirement', 'Rests on'],
      review.findings.map(({ severity, text, requirement, cites }) => [
        severity,
        text,
        requirement ?? '–',
        cites.join(', '),
      ]),
    ),
  ),
]
