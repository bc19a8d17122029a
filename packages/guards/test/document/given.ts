import type { z } from 'zod'
import type { DOCUMENTS } from '@ropewalk/core/contract/documents'

type Given<N extends keyof typeof DOCUMENTS> = z.input<(typeof DOCUMENTS)[N]>

const cites = ['Idea#/text']

export const IDEA_SPEC = {
  title: 'Link shortener',
  summary: 'A web service that keeps links.',
  problem: 'Long links break in letters.',
  users: [{ name: 'Writer', need: 'Short links for letters.', cites }],
  goals: [
    { text: 'Shorten a link.', cites },
    { text: 'Follow a short link.', cites },
  ],
  constraints: [{ text: 'It runs on one machine.', cites }],
  out_of_scope: ['User accounts'],
  assumptions: [{ text: 'Writers have a browser.', cites }],
} satisfies Given<'IdeaSpec'>

const scored = (score: number) => ({
  score,
  reason: 'One table and three routes are enough.',
  cites: ['IdeaSpec#/summary'],
})

const useCase = (number: number, goal: number, title: string) => ({
  id: `UC-00${number}`,
  title,
  actor: 'Writer',
  goal: title,
  steps: ['Open the page.', 'Paste the link.'],
  cites: [`IdeaSpec#/goals/${goal}`],
})

export const IDEATION = {
  summary: 'Keep it small.',
  strategy: {
    vision: 'Short links for letters.',
    approach: 'One service.',
    first_release: 'Two routes.',
    cites,
  },
  use_cases: [useCase(1, 0, 'Shorten a link'), useCase(2, 1, 'Follow a link')],
  differentiators: [{ text: 'It runs at home.', cites }],
  feasibility: { technical: scored(0.9), financial: scored(0.8), operational: scored(0.8) },
} satisfies Given<'IdeationResult'>

export const CRITIQUE = {
  summary: 'Sound, with one hole.',
  strengths: [{ text: 'It is small.', cites }],
  findings: [
    {
      title: 'Links may lead to harm',
      text: 'Nobody checks targets.',
      severity: 'high',
      recommendation: 'Refuse private addresses.',
      cites,
    },
    {
      title: 'No statistics',
      text: 'Writers may ask for counts.',
      severity: 'low',
      recommendation: 'Leave it.',
      cites,
    },
  ],
  verdict: 'go-with-changes',
  verdict_reason: 'The hole can be closed.',
} satisfies Given<'CritiqueReport'>

type Category = Given<'RiskRegister'>['risks'][number]['category']
const risk = (
  number: number,
  category: Category,
  title: string,
  mitigation: string,
  cited = 'IdeaSpec#/problem',
) => ({
  id: `RISK-00${number}`,
  title,
  description: `${title}, which stops the service for its users.`,
  category,
  likelihood: 3,
  impact: 4,
  mitigation,
  owner: 'maintainer',
  trigger: 'A report by a reader.',
  cites: [cited],
})

export const RISKS = {
  summary: 'Three that matter.',
  risks: [
    risk(
      1,
      'security',
      'A short link leads to a harmful page',
      'Refuse private and local addresses.',
      'CritiqueReport#/findings/0',
    ),
    risk(2, 'technical', 'The file of links is lost', 'Write to a second file and rename it.'),
    risk(3, 'operational', 'The machine at home is switched off', 'Start the service with the machine.'),
  ],
} satisfies Given<'RiskRegister'>

type Assumption = Given<'RevisedAssumptions'>['assumptions'][number]
const assumption = (
  number: number,
  statement: string,
  challenge: string,
  change: Partial<Assumption> = {},
): Assumption => ({
  id: `ASM-00${number}`,
  statement,
  category: 'user',
  challenge,
  verdict: 'kept',
  revised_statement: null,
  status: 'active',
  owner: 'maintainer',
  flagged_by: 'assumption-challenger',
  cites: ['IdeaSpec#/summary'],
  ...change,
})

export const ASSUMPTIONS = {
  summary: 'Five, one of them revised.',
  assumptions: [
    assumption(1, 'Writers have a browser.', 'Some only use a reader of mail.', {
      cites: ['IdeaSpec#/assumptions/0'],
    }),
    assumption(2, 'A code of six characters is enough.', 'At a million links guesses begin to hit.', {
      verdict: 'revised',
      revised_statement: 'A code of six characters is enough below a million links.',
    }),
    assumption(3, 'One machine carries the load.', 'A newspaper may print a link.'),
    assumption(4, 'Links are kept for years.', 'Pages move, and old targets go to others.'),
    assumption(5, 'Nobody needs an account.', 'Abuse cannot be traced without one.'),
  ],
  changes: ['The service counts its links and warns at a million.'],
} satisfies Given<'RevisedAssumptions'>

export const PRICING = {
  summary: 'Two tiers.',
  currency: 'EUR',
  tiers: [
    {
      name: 'Home',
      price: 4,
      period: 'month',
      for_whom: 'One writer.',
      includes: ['100 links'],
      limits: [],
      cites,
    },
    {
      name: 'Office',
      price: 120,
      period: 'year',
      for_whom: 'A team.',
      includes: ['10000 links'],
      limits: [],
      cites,
    },
  ],
  unit_economics: {
    arpa: 6,
    gross_margin: 0.8,
    monthly_churn: 0.04,
    cac: 30,
    ltv: 120,
    ltv_cac: 4,
    payback_months: 6.25,
    basis: 'Hosting is a fifth of the price.',
    cites,
  },
  assumptions: ['Prices stay for a year.'],
} satisfies Given<'PricingModel'>

const stream = (name: string, amount: number, confidence: number) => ({
  name,
  text: `${name} pays monthly.`,
  yearly_amount: amount,
  confidence,
  basis: 'Asked ten writers.',
  cites,
})

export const PLAN = {
  summary: 'It pays for itself.',
  model: 'subscription',
  value_proposition: { text: 'Links that fit in a letter.', cites },
  segments: [{ name: 'Writers', need: 'Short links.', cites }],
  currency: 'EUR',
  revenue_streams: [stream('Home', 3000, 0.8), stream('Office', 1000, 0.6)],
  costs: [{ name: 'Hosting', yearly_amount: 800, kind: 'variable', basis: 'A small machine.' }],
  partners: [],
  risks: [],
  assumptions: ['Ten of a hundred writers pay.'],
} satisfies Given<'BusinessPlan'>
