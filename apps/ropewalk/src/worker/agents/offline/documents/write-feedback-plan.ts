import type { FeedbackPlan } from '@ropewalk/core/contract/documents/beta'
import { capitalise } from '../words.ts'
import { listEvents } from './parts/events.ts'
import type { Product } from './parts/product.ts'
import { getPeople } from './write-architecture.ts'

/** The least number of people of whom a beta can say anything. */
const LEAST_TESTERS = 20

const listChannels = ({ design, idea, cite }: Product): FeedbackPlan['channels'] => {
  const { noun } = design
  const owner = 'The one who gave the idea'
  return [
    {
      name: `Talk while storing a ${noun.one}`,
      kind: 'interview',
      purpose: `Watch 5 people store and find a ${noun.one}, among them ${idea.users}, and say nothing.`,
      owner,
      answer_within_hours: 48,
      cites: cite('create', 'list'),
    },
    {
      name: 'Five questions after a week',
      kind: 'survey',
      purpose: `Ask each tester the same about ${noun.many}, so that answers can be counted.`,
      owner,
      answer_within_hours: 72,
      cites: cite('list'),
    },
    {
      name: 'List of faults',
      kind: 'issue-tracker',
      purpose: 'Take down what does not work, with what was done before it.',
      owner: 'The one who runs the service',
      answer_within_hours: 24,
      cites: cite('refuse', 'keep'),
    },
  ]
}

/** What the beta asks and counts. A plan: nobody has been asked yet. */
export const writeFeedbackPlan = (product: Product): FeedbackPlan => {
  const { design, idea, gaps, cite } = product
  const { noun } = design
  const people = getPeople(product)
  const testers = Math.max(LEAST_TESTERS, Math.min(people, 100))
  return {
    summary: `${String(testers)} people are to try the service of ${noun.many} for 2 weeks. Nothing of this has taken place.`,
    channels: listChannels(product),
    planned_testers: testers,
    recruiting:
      people < LEAST_TESTERS
        ? `${capitalise(idea.users)}: that is ${String(people)}. The other ${String(testers - people)} are to be found in groups like this one.`
        : `They are to be invited by name among ${idea.users}.`,
    planned_events: listEvents(product).map(({ name, when, answers, hasPersonalData, features }) => ({
      name,
      when,
      answers,
      has_personal_data: hasPersonalData,
      cites: cite(...features),
    })),
    questions: [
      `Where did you keep ${noun.many} before?`,
      `Which ${noun.one} could you not store, and why?`,
      `What did you look for among ${noun.many} and not find?`,
      `Who else would have to see your ${noun.many}?`,
      'What would make you stop?',
      ...gaps.slice(0, 5).map(({ title }) => `How much do you miss this: ${title}?`),
    ],
    stop_when: [
      `No ${noun.one} was stored in 7 days.`,
      `A ${noun.one} was lost.`,
      'More than 1 of 100 answers failed on any day.',
    ],
  }
}
