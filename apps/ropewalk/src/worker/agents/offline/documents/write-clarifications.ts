import type { Clarifications } from '@ropewalk/core/contract/documents'
import { getFeature } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { listOpenPoints } from '../questions.ts'
import { clip, joinWords } from '../words.ts'

const ALWAYS = ['create', 'refuse', 'list', 'remove', 'keep', 'page']

/** What the rules cannot do of what was asked, and how they read a quality without a figure. */
const listCaveats = ({ demands, subject, isRead }: ParsedIdea): string[] => {
  const { form, wishes, limits, exclusions, qualities } = demands
  return [
    ...(form === null
      ? []
      : [`The idea speaks of ${form.label}; rules build web services and nothing else, so this stays open.`]),
    ...(wishes.length === 0 ? [] : [`Asked for, and built by no rule: ${wishes.join('; ')}.`]),
    ...(limits.length === 0 ? [] : [`Limits of the idea, held by no rule: ${joinWords(limits)}.`]),
    ...(exclusions.length === 0 ? [] : [`Ruled out by the idea: ${joinWords(exclusions)}.`]),
    ...(qualities.length === 0
      ? []
      : [
          `The idea says ${joinWords(qualities)} without a figure; what is held to is 95 of 100 answers within 1000 ms.`,
        ]),
    ...(subject.name === 'generic'
      ? ['No rule for its subject was found; the fields are those of any record.']
      : []),
    ...(isRead ? [] : ['The rules understood no more of the idea than a noun, and guess the rest.']),
  ]
}

/** The open points of an idea as questions with defaults, and how the rules read it. */
export const writeClarifications = (idea: ParsedIdea): Clarifications => {
  const { design, title, users, namesUsers } = idea
  const { noun } = design
  const extras = design.features.filter((name) => !ALWAYS.includes(name))
  const does = [
    'stores, checks and lists',
    ...(design.features.includes('remove') ? ['removes'] : []),
    'keeps in one file over a restart',
    ...(design.features.includes('page') ? ['shows on one web page'] : []),
  ]
  const { form } = idea.demands
  const notes =
    form?.isChange === true
      ? [
          `The idea asks for ${form.label}. Rules change no code that they did not write, so that all of it stays open: ${idea.demands.wishes.join('; ')}.`,
        ]
      : [
          `The idea is read as: ${title}. What is kept is one record per ${noun.one} with ${joinWords(design.fields.map(({ name }) => name))}.`,
          namesUsers
            ? `It is for ${users}.`
            : `The idea names no group of users, so they are called ${users}.`,
          `The smallest useful version ${joinWords(does)} what is recorded of ${noun.many}. It refuses a body above 65536 bytes and tells a monitor whether it is up.`,
          extras.length === 0
            ? 'No word of the idea asks for more.'
            : `The idea also asks for this: ${joinWords(extras.map((name) => getFeature(name).title(design).toLowerCase()))}.`,
          ...listCaveats(idea),
          'The build is one service in plain Node.js 24 without further packages, for whoever can reach its port.',
        ]
  return {
    questions: listOpenPoints(idea).map((point) => ({
      text: point.text,
      category: point.category,
      priority: point.priority,
      decision_impact: point.decisionImpact,
      default: point.defaultAnswer,
    })),
    notes: clip(notes.join(' '), 3900),
  }
}
