import type { Clarifications } from '@ropewalk/core/contract/documents'
import { getFeature } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { listOpenPoints } from '../questions.ts'
import { joinWords } from '../words.ts'

/** The open points of an idea as questions with defaults, and how the rules read it. */
export const writeClarifications = (idea: ParsedIdea): Clarifications => {
  const { design, subject, title, users, namesUsers } = idea
  const { noun } = design
  const extras = design.features.filter(
    (name) => !['create', 'refuse', 'list', 'remove', 'keep', 'page'].includes(name),
  )
  const notes = [
    `The idea is read as: ${title}. What is kept is one record per ${noun.one} with ${joinWords(design.fields.map(({ name }) => name))}.`,
    namesUsers ? `It is for ${users}.` : `The idea names no group of users, so they are called ${users}.`,
    `The smallest useful version stores, checks, lists and removes ${noun.many}, keeps them in one file over a restart, and shows them on one web page. It refuses a body above 65536 bytes and tells a monitor whether it is up.`,
    extras.length === 0
      ? 'No word of the idea asks for more.'
      : `The idea also asks for this: ${joinWords(extras.map((name) => getFeature(name).title(design).toLowerCase()))}.`,
    'The build is one service in plain Node.js 24 without further packages, for whoever can reach its port.',
    ...(subject.name === 'generic'
      ? ['No rule for its subject was found; the fields are those of any record.']
      : []),
  ]
  return {
    questions: listOpenPoints(idea).map((point) => ({
      text: point.text,
      category: point.category,
      priority: point.priority,
      decision_impact: point.decisionImpact,
      default: point.defaultAnswer,
    })),
    notes: notes.join(' '),
  }
}
