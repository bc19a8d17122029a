/** What a good model hands in from intake to critique, for a link shortener with click counts. */
const IDEA = ['Idea#/text']
const scored = (score: number, reason: string) => ({ score, reason, cites: IDEA })
const said = (text: string, ...cites: readonly string[]) => ({
  text,
  cites: cites.length === 0 ? IDEA : cites,
})

const FEASIBILITY = {
  technical: scored(0.95, 'Five routes and a table in memory are enough.'),
  financial: scored(0.9, 'It runs on 1 CPU core without packages.'),
  operational: scored(0.8, 'One process has to be started again by hand.'),
}

export const INTAKE = {
  Clarifications: { questions: [], notes: 'The idea names the service and what it counts.' },
  Constraints: {
    summary: 'It runs as one process without packages, and keeps links in memory.',
    constraints: [
      { kind: 'platform', text: 'The service runs on Node.js 24 with 0 dependencies.' },
      { kind: 'quality', text: 'Addresses other than http and https are refused with status 400.' },
      { kind: 'data', text: 'Links are kept in the memory of one process.' },
    ].map(({ kind, text }, index) => ({
      id: `CON-00${String(index + 1)}`,
      kind,
      text,
      is_hard: true,
      cites: IDEA,
    })),
    open_points: [],
  },
  IdeaSpec: {
    title: 'Link shortener with click counts',
    summary:
      'A web service that turns an http address into a code of 7 characters, redirects from the code and counts each redirect.',
    problem:
      'A long address does not fit a printed page, and its owner cannot see the count of people who followed it.',
    users: [
      {
        name: 'Publisher',
        need: 'Print a short address and read the count of times it was followed.',
        cites: IDEA,
      },
    ],
    goals: [
      said('Turn an http or https address into a code of 7 characters.'),
      said('Redirect from the code to the stored address.'),
      said('Count each redirect of a code and show the count.'),
    ],
    constraints: [said('Addresses other than http and https are refused with status 400.')],
    out_of_scope: ['Accounts of users.', 'Storage that outlives the process.'],
    assumptions: [said('Counts are kept in memory of one process.')],
    success_measures: [said('10 of 10 followed links add 10 to the counts shown.')],
    feasibility: FEASIBILITY,
  },
} as const

const USE_CASES = [
  ['Shorten an address', 'Get a code of 7 characters for an address.', 'Send the address.', 'Read the code.'],
  ['Follow a link', 'Reach the stored address by its code.', 'Open the code.', 'Arrive at the address.'],
  ['Read the count', 'Know the count of redirects.', 'Ask for the link.', 'Read its count.'],
] as const

const ALTERNATIVES = [
  ['A public shortener', 'direct', 'Needs no machine of its own.', 'Somebody else reads the counts.'],
  ['A table of redirects in a web server', 'indirect', 'Runs already.', 'Each link is edited by hand.'],
  ['A printed long address', 'manual', 'Never breaks.', 'Nobody types 80 characters.'],
] as const

const CHOICES = [
  ['runtime', 'Node.js 24', 'Constraints#/constraints/0', 'Deno', 'It is not on the machine.'],
  [
    'storage',
    'A map in memory',
    'Constraints#/constraints/2',
    'SQLite',
    'Nothing has to outlive the process.',
  ],
  ['testing', 'node:test', 'Constraints#/constraints/0', 'Vitest', 'It would be a dependency.'],
] as const

export const IDEATION = {
  IdeationResult: {
    summary: 'Shorten, follow and count first; a page for people beside the routes for programs.',
    strategy: {
      vision: 'Each printed page carries an address that fits and a count that its owner can read.',
      approach: 'One process, one table, five routes.',
      first_release: 'Shorten, follow, count, refuse, show a page.',
      cites: ['IdeaSpec#/goals/0'],
    },
    use_cases: USE_CASES.map(([title, goal, ...steps], index) => ({
      id: `UC-00${String(index + 1)}`,
      title,
      actor: 'Publisher',
      goal,
      steps,
      cites: [`IdeaSpec#/goals/${String(index)}`],
    })),
    differentiators: [said('The counts stay with the publisher.', 'IdeaSpec#/problem')],
    alternatives_considered: [
      { title: 'Codes chosen by people', reason_refused: 'Two publishers would want the same one.' },
    ],
    feasibility: FEASIBILITY,
  },
  CompetitiveAnalysis: {
    summary: 'Public services shorten addresses, and keep the counts to themselves.',
    alternatives: ALTERNATIVES.map(([name, kind, strength, weakness]) => ({
      name,
      kind,
      description: `${name}, as publishers use it today.`,
      strengths: [strength],
      weaknesses: [weakness],
      basis: 'general-knowledge',
      source: 'What the author knows; nobody looked it up.',
      cites: ['IdeaSpec#/problem'],
    })),
    gaps_in_the_market: [said('A count that nobody else reads.', 'IdeaSpec#/users/0')],
    our_position: said('For one publisher, on a machine of their own.', 'IdeaSpec#/summary'),
  },
  TechStackProposal: {
    summary: 'What the runtime brings, and nothing else.',
    choices: CHOICES.map(([area, choice, cite, name, reason]) => ({
      area,
      choice,
      reason: `${choice} meets the constraint without a package.`,
      alternatives: [{ name, reason_refused: reason }],
      cites: [cite],
    })),
    risks: [said('Links are lost when the process ends.', 'Constraints#/constraints/2')],
  },
  Personas: {
    personas: [
      ['Ines', 'Editor of a local paper', 'Print an address that readers type without an error.'],
      ['Omar', 'Organiser of a club', 'See the count of people who followed a poster.'],
      ['Lena', 'Reader', 'Arrive at the page that the paper names.'],
    ].map(([name = '', role = '', goal = ''], index) => ({
      name,
      role,
      context: `${role} who works at a desk and on a phone.`,
      goals: [goal],
      frustrations: ['A long address breaks at the end of the line.'],
      skills: 'Uses a browser every day, and no command line.',
      is_primary: index === 0,
      cites: ['IdeaSpec#/users/0'],
    })),
  },
} as const

const RISKS = [
  [
    'Counts are lost',
    'operational',
    'The process ends and its counts with it.',
    'Say so in the release notes.',
  ],
  [
    'Codes collide',
    'technical',
    'Two addresses get one code.',
    'Draw codes from 42 bits of a random source.',
  ],
  ['Harmful targets', 'security', 'A code leads to a script address.', 'Accept http and https alone.'],
  ['Nobody needs it', 'market', 'Publishers stay with public services.', 'Ask 20 publishers in the beta.'],
] as const

const ASSUMPTIONS = [
  [
    'Counts in memory are enough.',
    'technical',
    'A machine that is updated each night loses them each night.',
  ],
  ['Publishers want 7 characters.', 'user', 'On a poster even 7 may be read wrong: l and 1 look alike.'],
  ['One process bears the load.', 'operational', 'A paper with 100,000 readers may send them in one hour.'],
  ['Nobody pays for it.', 'financial', 'A machine costs money each month, whoever owns it.'],
  ['Addresses hold no data about people.', 'legal', 'A query string may carry a name or a mail address.'],
] as const

export const CRITIQUE = {
  CritiqueReport: {
    summary: 'Sound and small; what is lost with the process has to be said.',
    strengths: [said('It has one purpose.', 'IdeaSpec#/goals/0')],
    findings: [
      {
        title: 'Counts end with the process',
        text: 'Every count is lost when the process ends.',
        severity: 'medium',
        recommendation: 'Name it as a known gap of the release.',
        cites: ['IdeaSpec#/assumptions/0'],
      },
    ],
    verdict: 'go-with-changes',
    verdict_reason: 'The gap has to be told to publishers.',
  },
  RiskRegister: {
    summary: 'Four risks, none of them mended yet.',
    risks: RISKS.map(([title, category, description, mitigation], index) => ({
      id: `RISK-00${String(index + 1)}`,
      title,
      description,
      category,
      likelihood: 3,
      impact: 3,
      mitigation,
      mitigation_status: 'pending',
      owner: 'Product',
      trigger: `Somebody reports: ${title.toLowerCase()}.`,
      cites: ['CritiqueReport#/findings/0'],
    })),
  },
  RevisedAssumptions: {
    summary: 'Five were challenged, one was revised.',
    assumptions: ASSUMPTIONS.map(([statement, category, challenge], index) => ({
      id: `ASM-00${String(index + 1)}`,
      statement,
      category,
      challenge,
      verdict: index === 0 ? 'revised' : 'kept',
      revised_statement: index === 0 ? 'Counts in memory are enough for the first release.' : null,
      status: 'active',
      owner: 'Product',
      flagged_by: 'assumption-challenger',
      cites: [index === 0 ? 'IdeaSpec#/assumptions/0' : 'RiskRegister#/risks/0'],
    })),
    changes: ['Storage that outlives the process is left for a later release.'],
  },
} as const
