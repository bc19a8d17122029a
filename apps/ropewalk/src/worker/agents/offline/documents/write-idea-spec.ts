import type { Clarifications, IdeaSpec } from '@ropewalk/core/contract/documents'
import type { Design, FeatureName } from '../design.ts'
import { listFeatures } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { applyDecisions, listDecisions, type Answer, type Decision } from '../questions.ts'
import { capitalise, clip, getPlainLine } from '../words.ts'

export type IdeaSpecSources = {
  readonly idea: ParsedIdea
  readonly clarifications: Clarifications | undefined
  readonly answers: readonly Answer[]
}

/** Asked for by no idea in so many words; they come from the clarifier's reading. */
const OWN: ReadonlySet<FeatureName> = new Set(['refuse', 'list', 'remove', 'keep', 'page'])

const findQuestion = (clarifications: Clarifications | undefined, text: string): string | undefined => {
  const index = clarifications?.questions.findIndex((question) => question.text === text) ?? -1
  return index < 0 ? undefined : `Clarifications#/questions/${String(index)}`
}

/** Which decision brought a feature in or formed it, so that the goal can cite its question. */
const findDecision = (
  decisions: readonly Decision[],
  design: Design,
  name: FeatureName,
): Decision | undefined =>
  decisions.find(({ point, answer }) => {
    const bare = { ...design, features: design.features.filter((each) => each !== name), steps: [] }
    const made = point.apply(answer, bare)
    return made.features.includes(name) || (name === 'status' && made.steps.length > 0)
  })

/** The specification of an idea, with every decision of its questions built in. */
export const writeIdeaSpec = ({ idea, clarifications, answers }: IdeaSpecSources): IdeaSpec => {
  const decisions = listDecisions(idea, answers)
  const design = applyDecisions(idea.design, decisions)
  const { noun } = design
  const reading = (clarifications?.notes.trim() ?? '') === '' ? 'Idea#/text' : 'Clarifications#/notes'
  const citeGoal = (name: FeatureName): string[] => {
    const decision = findDecision(decisions, design, name)
    const question = decision && findQuestion(clarifications, decision.point.text)
    return [OWN.has(name) ? reading : 'Idea#/text', ...(question === undefined ? [] : [`${question}/text`])]
  }
  return {
    title: clip(idea.title, 120),
    summary: `A web service that keeps ${noun.many} for ${idea.users}. It stores, checks and lists them, and gives them to a browser and to programs.`,
    problem: capitalise(idea.subject.problem(noun.many)),
    users: [
      {
        name: capitalise(idea.users),
        need: `To keep all ${noun.many} in one place and read them there.`,
        cites: [idea.namesUsers ? 'Idea#/text' : reading],
      },
    ],
    goals: listFeatures(design).map((feature) => ({
      text: feature.goal(design),
      cites: citeGoal(feature.name),
    })),
    constraints: [
      { text: 'The service runs on Node.js 24 and uses 0 further packages.', cites: [reading] },
      { text: `All ${noun.many} are kept in one file on the machine of the service.`, cites: [reading] },
      { text: 'A body above 65536 bytes is refused.', cites: [reading] },
      { text: 'A monitor can ask whether the service is up.', cites: [reading] },
      {
        text: 'Whoever reaches the port of the service reads and changes everything in it.',
        cites: [reading],
      },
    ],
    out_of_scope: [
      ...new Set([
        'Sign-in with accounts and passwords',
        ...idea.unread,
        'More than one running copy of the service on the same file',
      ]),
    ].slice(0, 20),
    assumptions: [
      ...listAssumptions(idea, decisions, clarifications),
      ...listOtherAnswers(decisions, clarifications, answers),
    ].slice(0, 20),
    success_measures: [],
    feasibility: null,
  }
}

const listAssumptions = (
  idea: ParsedIdea,
  decisions: readonly Decision[],
  clarifications: Clarifications | undefined,
): IdeaSpec['assumptions'] => [
  ...decisions
    .filter(({ isAssumed }) => isAssumed)
    .map(({ point, answer }) => ({
      text: `Nobody was there to decide "${point.text}"; it is assumed: ${clip(getPlainLine(answer), 400)}.`,
      cites: [findQuestion(clarifications, point.text) ?? 'Idea#/text'],
    })),
  ...(idea.namesUsers
    ? []
    : [{ text: `The idea names no users; they are assumed to be ${idea.users}.`, cites: ['Idea#/text'] }]),
]

/** Answers to questions of somebody else: kept word for word, since no rule of ours can build them in. */
const listOtherAnswers = (
  decisions: readonly Decision[],
  clarifications: Clarifications | undefined,
  answers: readonly Answer[],
): IdeaSpec['assumptions'] =>
  answers
    .filter(({ question }) => !decisions.some(({ point }) => point.text === question))
    .map(({ question, answer, decidedBy }) => ({
      text: `${decidedBy === 'policy' ? 'It is assumed' : 'It was answered'} to "${clip(getPlainLine(question), 400)}": ${clip(getPlainLine(answer), 800)}`,
      cites: [findQuestion(clarifications, question) ?? 'Idea#/text'],
    }))
