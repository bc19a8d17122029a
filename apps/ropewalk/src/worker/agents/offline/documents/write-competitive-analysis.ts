import type { CompetitiveAnalysis } from '@ropewalk/core/contract/documents/ideation'
import type { Brief } from './parts/brief.ts'

/** What is sold for a subject, as a kind: the rules know no product and looked none up. */
const SOLD: Readonly<Record<string, string>> = {
  link: 'Link shorteners that are run as a service',
  invoice: 'Invoicing programs by subscription',
  poll: 'Poll and survey services',
  booking: 'Booking services with a calendar',
  stock: 'Inventory programs for shops',
  feedback: 'Review and feedback services',
  expense: 'Expense and budget apps',
  task: 'Task lists and boards as a service',
  recipe: 'Recipe apps and recipe sites',
  loan: 'Library programs with a lending desk',
  quiz: 'Quiz services for classes and teams',
  reading: 'Data loggers with a web portal',
  note: 'Note and wiki services',
  contact: 'Address books and customer databases',
  generic: 'Databases with forms for everybody',
}

const REMEMBERED = 'General knowledge that the rules were written with; nobody looked it up for this run.'

/** What people use today instead, as kinds of things and not as products; nothing of it was looked up. */
export const writeCompetitiveAnalysis = (brief: Brief): CompetitiveAnalysis => {
  const { design, users, idea, citeGoal, citeConstraint, open } = brief
  const { noun } = design
  const file = citeConstraint(/\bone file\b/iu)
  const from = { basis: 'general-knowledge' as const, source: REMEMBERED, cites: ['IdeaSpec#/problem'] }
  return {
    summary: `${users} keep ${noun.many} today by heart, on paper, in a sheet or in a service of somebody else. Nobody was asked and nothing was looked up.`,
    alternatives: [
      {
        name: `Nothing: ${noun.many} stay in heads and messages`,
        kind: 'do-nothing',
        description: `Nobody writes ${noun.many} down in one place.`,
        strengths: ['It costs no money and nobody has to learn it.'],
        weaknesses: [`Who asks about one ${noun.one} has to find the person who knows.`],
        ...from,
      },
      {
        name: `Paper for ${noun.many}`,
        kind: 'manual',
        description: `A book, cards or a board on the wall hold the ${noun.many}.`,
        strengths: ['It works without power and without an account.'],
        weaknesses: ['It is in one room, cannot be searched by a program, and has no copy.'],
        ...from,
      },
      {
        name: `A shared sheet of ${noun.many}`,
        kind: 'indirect',
        description: `A sheet has one line per ${noun.one} and a column per field.`,
        strengths: ['Its columns can be changed at any time, and sums come with it.'],
        weaknesses: [`It takes a ${noun.one} without its required fields and says nothing.`],
        ...from,
      },
      {
        name: SOLD[idea.subject.name] ?? 'Services that others sell',
        kind: 'direct',
        description: `Products that keep ${noun.many} for whoever subscribes.`,
        strengths: ['They have sign-in, apps and support.'],
        weaknesses: [`The ${noun.many} lie with their maker, and leaving takes an export.`],
        ...from,
      },
    ],
    gaps_in_the_market: [
      {
        text: `Between a sheet that checks nothing and a product that keeps the data, a service of one's own for ${noun.many} is left open.`,
        cites: [citeGoal('refuse'), file],
      },
    ],
    our_position: {
      text: `A service of one's own that checks each ${noun.one} and keeps all ${noun.many} in one file${open.length > 0 ? `; ${String(open.length)} goals of the idea are not met by it` : ''}.`,
      cites: [citeGoal('create'), ...open.slice(0, 3).map(({ cite }) => cite)],
    },
  }
}
