import type { IdeaSpec, Prd } from '@ropewalk/core/contract/documents'
import type { NFRs } from '@ropewalk/core/contract/documents/prd'
import type { Product } from './parts/product.ts'

type Quality = Omit<NFRs['requirements'][number], 'id'>

/** The figures that every document of a run holds to; the performance and load tools measure against them. */
export const FIGURES = {
  p95Ms: 1000,
  requestsPerSecond: 100,
  callers: 10,
  startMs: 5000,
  bodyBytes: 65_536,
  coveragePercent: 70,
} as const

const citeNfr = (prd: Prd, pattern: RegExp): string => {
  const index = prd.nonfunctional.findIndex(({ text }) => pattern.test(text))
  return index < 0 ? 'PRD#/overview' : `PRD#/nonfunctional/${String(index)}`
}

const listSpeed = ({ design: { noun }, prd, cite }: Product): Quality[] => [
  {
    category: 'performance',
    statement: `Stored ${noun.many} are listed without a wait that a reader notices.`,
    measure: `The time within which 95 of 100 answers to GET /${noun.path} arrive.`,
    operator: 'at-most',
    target: FIGURES.p95Ms,
    unit: 'ms',
    verified_by: 'The performance tool calls the route of the running service and reads the 95th percentile.',
    cites: [citeNfr(prd, /\bwait\b/u), ...cite('list')],
  },
  {
    category: 'capacity',
    statement: `One process answers the callers of ${noun.many} that come at one time.`,
    measure: `Answers to GET /${noun.path} in one second while ${String(FIGURES.callers)} callers ask.`,
    operator: 'at-least',
    target: FIGURES.requestsPerSecond,
    unit: 'requests per second',
    verified_by: 'The load tool counts answers on one machine.',
    cites: [citeNfr(prd, /\bwait\b/u), ...cite('list')],
  },
  {
    category: 'availability',
    statement: `After a restart the service answers with the same ${noun.many}.`,
    measure: 'The time from the start of the process to the first answer of GET /healthz with status 200.',
    operator: 'at-most',
    target: FIGURES.startMs,
    unit: 'ms',
    verified_by: 'The deployment tool starts the service and asks until it answers.',
    cites: [citeNfr(prd, /\bmonitor\b/u), ...cite('keep')],
  },
]

const listSafety = ({ design: { noun }, prd, cite, has }: Product): Quality[] => [
  {
    category: 'security',
    statement: 'A body that is longer than allowed is refused before it is stored.',
    measure: `The longest body that POST /${noun.path} takes.`,
    operator: 'at-most',
    target: FIGURES.bodyBytes,
    unit: 'bytes',
    verified_by: 'A test sends 70000 bytes and expects status 413.',
    cites: [citeNfr(prd, /\bbytes\b/u), ...cite('refuse')],
  },
  {
    category: 'privacy',
    statement: has('remove')
      ? `What a ${noun.one} says of a person is gone from the answers once it was removed.`
      : `No ${noun.one} is shown to a caller of another service.`,
    measure: has('remove')
      ? `Answers that still show a removed ${noun.one}.`
      : 'Requests that the service sends to other machines.',
    operator: 'equal',
    target: 0,
    unit: has('remove') ? 'answers' : 'requests',
    verified_by: has('remove')
      ? `A test removes a ${noun.one} and asks for it again.`
      : 'The sources call no other machine, which the code review looks at.',
    cites: cite(has('remove') ? 'remove' : 'create'),
  },
]

const listCraft = ({ design: { noun }, prd, cite, has }: Product): Quality[] => [
  ...(has('page')
    ? [
        {
          category: 'accessibility' as const,
          statement: `The page of ${noun.many} can be used with a keyboard and read by a screen reader.`,
          measure: 'Violations of WCAG 2.1 at level AA that axe finds on the page.',
          operator: 'equal' as const,
          target: 0,
          unit: 'violations',
          verified_by: 'The accessibility tool opens the page in Chromium.',
          cites: cite('page'),
        },
      ]
    : []),
  {
    category: 'maintainability',
    statement: `The tests run through the code that keeps ${noun.many}.`,
    measure: 'Lines of the sources that a run of the tests passes.',
    operator: 'at-least',
    target: FIGURES.coveragePercent,
    unit: 'percent',
    verified_by: 'The coverage tool counts lines while the tests run.',
    cites: cite('create', 'refuse', 'list'),
  },
  {
    category: 'portability',
    statement: 'The service starts where Node.js 24 is installed and nothing else.',
    measure: 'Packages in the dependencies of package.json.',
    operator: 'equal',
    target: 0,
    unit: 'packages',
    verified_by: 'The bill of materials lists the packages.',
    cites: [citeNfr(prd, /\bpackage\b/u)],
  },
]

/** What the idea itself limits, as a capacity; no tool measures it unless a requirement of it is built. */
const listLimits = ({ idea, prd }: Product, spec: IdeaSpec | undefined): Quality[] =>
  idea.demands.limits.flatMap((limit) => {
    const [figure] = /\d+(?:\.\d+)?/u.exec(limit.replaceAll(',', '')) ?? []
    if (figure === undefined) return []
    const index = prd.requirements.findIndex(({ statement }) => statement.includes(limit))
    const constraint = spec?.constraints.findIndex(({ text }) => text.includes(limit)) ?? -1
    return [
      {
        category: 'capacity',
        statement: `The idea sets this limit: ${limit}.`,
        measure: `What is counted for "${limit}".`,
        operator: /\b(?:at least|minimum|more than|over|no (?:less|fewer))\b/u.test(limit)
          ? 'at-least'
          : /^(?:exactly|only)\b/u.test(limit)
            ? 'equal'
            : 'at-most',
        target: Number(figure),
        unit: limit.split(' ').at(-1)?.slice(0, 40) ?? 'units',
        verified_by: 'No tool measures it yet; it stays open until its requirement has a test.',
        cites: [
          index < 0
            ? constraint < 0
              ? 'PRD#/overview'
              : `IdeaSpec#/constraints/${String(constraint)}`
            : `PRD#/requirements/${String(index)}`,
        ],
      } satisfies Quality,
    ]
  })

/** Qualities with the number that decides, and the tool that measures it. */
export const writeNfrs = (product: Product, spec: IdeaSpec | undefined): NFRs => {
  const all = [
    ...listSpeed(product),
    ...listSafety(product),
    ...listCraft(product),
    ...listLimits(product, spec),
  ].slice(0, 60)
  return {
    summary: `${String(all.length)} qualities of the service that keeps ${product.design.noun.many}, each with a figure.`,
    requirements: all.map((quality, index) => ({
      id: `NFR-${String(index + 1).padStart(3, '0')}`,
      ...quality,
    })),
  }
}
