import type { GTMStrategy } from '@ropewalk/core/contract/documents/bizdev'
import type { CompetitiveAnalysis } from '@ropewalk/core/contract/documents/ideation'
import { capitalise } from '../words.ts'
import type { Brief } from './parts/brief.ts'
import { getEconomics } from './parts/economics.ts'

const round = (value: number): number => Math.round(value * 100) / 100

/** How people who keep such records would hear of it; a plan whose figures nobody has tried. */
export const writeGtmStrategy = (brief: Brief, competition: CompetitiveAnalysis | undefined): GTMStrategy => {
  const { design, users, spec, open, citeGoal } = brief
  const { noun } = design
  const sums = getEconomics(brief)
  const position = competition === undefined ? ['IdeaSpec#/summary'] : ['CompetitiveAnalysis#/our_position']
  return {
    summary: `${capitalise(users)} are reached where they speak of ${noun.many} already. Nothing was tried; each expected result is assumed.`,
    positioning: {
      text: `For ${users}, one place for ${noun.many} that refuses what is not complete, in a file of one's own.`,
      cites: [citeGoal('refuse'), ...position],
    },
    channels: [
      {
        name: `Talks with ${users}`,
        audience: `${capitalise(users)} whom the one with the idea knows.`,
        action: `Store 5 of their own ${noun.many} together with them.`,
        monthly_cost: 0,
        expected_result: '2 of 5 keep using it after a week, which is assumed.',
        cites: ['IdeaSpec#/users/0'],
      },
      {
        name: `Places where ${noun.many} are talked about`,
        audience: `Groups that keep ${noun.many} in a sheet.`,
        action: `Show how one ${noun.one} is stored and found again.`,
        monthly_cost: round(sums.channelCost / 2),
        expected_result: `${String(Math.round(sums.groups / 24))} groups a month, which is assumed.`,
        cites: [citeGoal('list')],
      },
      {
        name: 'Word of those who use it',
        audience: `Groups beside those that keep their ${noun.many} here.`,
        action: 'Ask each group after 30 days whom else it concerns.',
        monthly_cost: round(sums.channelCost / 2),
        expected_result: `${String(Math.round(sums.groups / 24))} groups a month, which is assumed.`,
        cites: [citeGoal('keep')],
      },
    ],
    currency: sums.currency,
    stages: [
      {
        name: 'Beta',
        goal: `20 people of this group or of groups like it store ${noun.many}.`,
        actions: [`Invite them by name.`, `Count stored ${noun.many} each week.`],
        done_when: `20 people have stored at least 1 ${noun.one} each.`,
      },
      {
        name: 'First payment',
        goal: 'One group pays for one month.',
        actions: ['Offer the monthly tier to each group of the beta.'],
        done_when: 'One payment has arrived.',
      },
    ],
    messages: [
      `Every ${noun.one} in one place.`,
      `A ${noun.one} without its required fields is refused, and the field is named.`,
      ...(open.length > 0
        ? [`It does not do all that "${spec.title}" may suggest: ${String(open.length)} goals are open.`]
        : []),
    ],
    risks: [
      {
        text: `Nobody looks for a place to keep ${noun.many}, because a sheet is at hand.`,
        cites: ['IdeaSpec#/problem'],
      },
      ...open.slice(0, 8).map(({ wish, cite }) => ({
        text: `A message that leaves out this gap would mislead: ${wish}.`,
        cites: [cite],
      })),
    ],
  }
}
