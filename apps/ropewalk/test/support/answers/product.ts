/** The PRD of the scripted model, what follows from it, and what its reviewer says of it. */
export const REQUIREMENTS = [
  {
    id: 'REQ-001',
    title: 'Shorten a link',
    statement:
      'The service stores an http or https address sent to POST /links and answers 201 with a code of 7 characters.',
    acceptance: [
      'POST /links with {"url":"https://example.com/a"} answers 201 and a body with a code of 7 characters.',
    ],
    priority: 'must',
    cites: ['IdeaSpec#/goals/0'],
  },
  {
    id: 'REQ-002',
    title: 'Follow a link',
    statement: 'The service answers GET /CODE with status 302 and the stored address in the Location header.',
    acceptance: [
      'GET /CODE of a stored link answers 302 with the stored address in Location.',
      'GET of an unknown code answers 404.',
    ],
    priority: 'must',
    cites: ['IdeaSpec#/goals/1'],
  },
  {
    id: 'REQ-003',
    title: 'Count clicks',
    statement:
      'The service adds 1 to the count of a link at each redirect and shows the count at GET /links/CODE.',
    acceptance: ['After 2 redirects GET /links/CODE answers 200 with clicks 2.'],
    priority: 'must',
    cites: ['IdeaSpec#/goals/2'],
  },
  {
    id: 'REQ-004',
    title: 'Refuse what is no address',
    statement:
      'The service answers 400 with a JSON body that has an error field when the address is absent or is not http or https.',
    acceptance: [
      'POST /links with {"url":"javascript:alert(1)"} answers 400 and a body with error.',
      'POST /links with {} answers 400 and a body with error.',
    ],
    priority: 'must',
    cites: ['IdeaSpec#/constraints/0'],
  },
  {
    id: 'REQ-005',
    title: 'Show a page',
    statement: 'The service answers GET / with an HTML page that has a labelled field for an address.',
    acceptance: ['GET / answers 200 with a page that has an input of the id url.'],
    priority: 'must',
    cites: ['IdeaSpec#/users/0'],
  },
  {
    id: 'REQ-006',
    title: 'List links',
    statement: 'The service answers GET /links with each stored link and its count.',
    acceptance: ['GET /links answers 200 with a list that holds a link stored before.'],
    priority: 'should',
    cites: ['IdeaSpec#/users/0'],
  },
] as const

const PRD = {
  title: 'Link shortener with click counts',
  overview:
    'An HTTP service: POST /links stores an address, GET /CODE redirects, GET /links/CODE shows the count, GET / shows a page.',
  requirements: REQUIREMENTS,
  nonfunctional: [
    {
      text: 'The service answers each request within 200 ms on 1 CPU core.',
      measure: 'Time of 100 requests to GET /healthz, 99th percentile.',
      cites: ['IdeaSpec#/summary'],
    },
    {
      text: 'The service refuses a request body above 10,000 bytes.',
      measure: 'A body of 10,001 bytes is answered with status 400.',
      cites: ['IdeaSpec#/constraints/0'],
    },
    {
      text: 'The service runs on Node.js 24 with 0 dependencies.',
      measure: 'package.json has 0 entries under dependencies.',
      cites: ['IdeaSpec#/summary'],
    },
  ],
  out_of_scope: ['Accounts of users.', 'Storage that outlives the process.'],
} as const

/** What the author hands in first: nothing says what an absent address is answered with. */
export const FIRST_PRD = {
  ...PRD,
  requirements: REQUIREMENTS.map((one) =>
    one.id === 'REQ-004' ? { ...one, acceptance: one.acceptance.slice(0, 1) } : one,
  ),
}

/** A sentence that only the second version of the PRD has. */
export const MENDED = REQUIREMENTS[3].acceptance[1]

const NFRS = [
  ['performance', 'GET /healthz answers within 200 ms.', 'at-most', 200, 'ms', 'PerfReport'],
  ['capacity', 'GET /links/CODE bears 100 requests a second.', 'at-least', 100, 'requests/s', 'LoadReport'],
  ['accessibility', 'The page has 0 violations of WCAG 2.2 AA.', 'at-most', 0, 'violations', 'A11yAudit'],
  ['maintainability', 'package.json has 0 dependencies.', 'at-most', 0, 'packages', 'SBOM'],
] as const

export const PRODUCT = {
  PRD,
  NFRs: {
    summary: 'Four qualities, each with a number.',
    requirements: NFRS.map(([category, statement, operator, target, unit, report], index) => ({
      id: `NFR-00${String(index + 1)}`,
      category,
      statement,
      measure: `The figure that ${report} shows, compared with ${String(target)} ${unit}.`,
      operator,
      target,
      unit,
      verified_by: report,
      cites: [`PRD#/nonfunctional/${String(Math.min(index, 2))}`],
    })),
  },
  UXFlows: {
    summary: 'One page with one form.',
    screens: [{ name: 'Shorten', purpose: 'Takes an address.', elements: ['Field', 'Button', 'Answer'] }],
    flows: [
      {
        name: 'Shorten an address',
        persona: 'Ines',
        requirements: ['REQ-001', 'REQ-004', 'REQ-005'],
        steps: [
          {
            screen: 'Shorten',
            action: 'Types an address and sends it.',
            response: 'The short address is shown.',
            on_error: 'The error of the answer is shown.',
          },
        ],
        cites: ['PRD#/requirements/0'],
      },
    ],
  },
  UserStories: {
    stories: REQUIREMENTS.map((requirement, index) => ({
      id: `US-00${String(index + 1)}`,
      as: index === 1 ? 'reader' : 'publisher',
      want: requirement.statement,
      so_that: 'I can print a short address and read its count.',
      requirements: [requirement.id],
      acceptance: requirement.acceptance,
    })),
  },
} as const

const accept = (artifact: string, summary: string) => ({ artifact, verdict: 'accept', summary, findings: [] })

export const REVIEWS = {
  PrdReview: accept('PRD', 'Each requirement can be tested, and each rests on the specification.'),
  ArchitectureReview: accept('ArchitectureDoc', 'Each requirement has a part that carries it.'),
  CodeReview: accept('SourceCode', 'The change does what the requirements of priority must ask for.'),
} as const

/** What the reviewer says of the first PRD. */
export const REJECTION = {
  artifact: 'PRD',
  verdict: 'reject',
  summary: 'One case of REQ-004 cannot be tested.',
  findings: [
    {
      severity: 'high',
      text: 'The statement covers an absent address, and no acceptance criterion says how it is answered.',
      cites: ['PRD#/requirements/3/acceptance'],
      requirement: 'REQ-004',
    },
  ],
} as const
