import type { BusinessPlan } from '@ropewalk/core/contract/documents/bizdev'
import type { CompetitiveAnalysis, IdeationResult } from '@ropewalk/core/contract/documents/ideation'
import { capitalise, clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'
import { ASSUMED, getEconomics } from './parts/economics.ts'

export type BusinessSources = {
  readonly brief: Brief
  readonly ideation: IdeationResult | undefined
  readonly competition: CompetitiveAnalysis | undefined
}

/** How keeping the records could be paid for. Its amounts follow from assumed figures and say so. */
export const writeBusinessPlan = ({ brief, ideation, competition }: BusinessSources): BusinessPlan => {
  const { spec, design, users, open, citeGoal, citeConstraint } = brief
  const { noun } = design
  const sums = getEconomics(brief)
  const own = ideation === undefined ? [] : ['IdeationResult#/differentiators/0']
  return {
    summary: `Groups like ${users} subscribe to a hosted copy of "${spec.title}". Every amount here is assumed and then computed; none was measured.`,
    model: 'subscription',
    value_proposition: {
      text: `${capitalise(users)} find every ${noun.one} in one place, each with its fields checked, without running a machine.`,
      cites: [citeGoal('create'), citeGoal('list'), ...own],
    },
    segments: [
      {
        name: clip(capitalise(users), 150),
        need: spec.users[0]?.need ?? `To keep ${noun.many} in one place.`,
        cites: ['IdeaSpec#/users/0'],
      },
      {
        name: `Groups that keep ${noun.many} in a shared sheet today`,
        need: `To have a ${noun.one} refused that lacks a required field.`,
        cites: [
          citeGoal('refuse'),
          ...(competition === undefined ? [] : ['CompetitiveAnalysis#/gaps_in_the_market/0']),
        ],
      },
    ],
    currency: sums.currency,
    revenue_streams: [
      {
        name: `Subscription to hosted ${noun.many}`,
        text: `${String(sums.groups)} groups are assumed at ${String(sums.arpa)} euros a month each; half of that is written down here.`,
        yearly_amount: sums.yearlyRevenue,
        confidence: 0.7,
        basis: `${String(sums.groups)} × ${String(sums.arpa)} × 12 × 0.5. ${ASSUMED} The confidence is in the halved amount.`,
        cites: ['Idea#/text', 'IdeaSpec#/summary'],
      },
    ],
    costs: [
      {
        name: 'Machine',
        yearly_amount: sums.hosting,
        kind: 'fixed',
        basis: `One process and one file need one machine. ${ASSUMED}`,
      },
      {
        name: 'Answers to questions of subscribers',
        yearly_amount: sums.support,
        kind: 'variable',
        basis: `${String(sums.costPerGroup)} euros per group and month, for the groups that are written down. ${ASSUMED}`,
      },
      {
        name: 'Winning groups',
        yearly_amount: sums.winning,
        kind: 'variable',
        basis: `${String(sums.cac)} euros for each group that is written down. ${ASSUMED}`,
      },
    ],
    partners: [`Whoever runs the proxy with sign-in before the service of ${noun.many}`],
    risks: [
      {
        text: `Without sign-in in the service itself, two groups cannot share one copy; each needs its own process and file.`,
        cites: [citeConstraint(/reaches the port/u)],
      },
      ...open.slice(0, 10).map(({ wish, cite }) => ({
        text: `Who pays expects this, and it is not there: ${wish}.`,
        cites: [cite],
      })),
    ],
    assumptions: [
      `${String(sums.groups)} groups subscribe within a year; nobody was asked.`,
      `A group pays ${String(sums.price)} euros a month or ${String(sums.yearlyPrice)} a year; no price was looked up.`,
      `4 of 100 groups leave each month.`,
      'The one who gave the idea wants income from it at all; the idea does not say so.',
    ],
  }
}
