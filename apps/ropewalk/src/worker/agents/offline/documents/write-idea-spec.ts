import type { Clarifications, IdeaSpec } from '@ropewalk/core/contract/documents'
import type { Constraints } from '@ropewalk/core/contract/documents/intake'
import { isNotBuilt, listDemandGoals } from '../demands.ts'
import type { Design, FeatureName } from '../design.ts'
import { listFeatures } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { applyDecisions, listDecisions, type Answer, type Decision } from '../questions.ts'
import { capitalise, clip, getPlainLine } from '../words.ts'
import { getFeasibility } from './parts/feasibility.ts'
import { writeConstraints } from './write-constraints.ts'

export type IdeaSpecSources = {
  readonly idea: ParsedIdea
  readonly clarifications: Clarifications | undefined
  readonly constraints?: Constraints | undefined
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

const MAX_GOALS = 20

/** The goals that rules build and those they do not; what no place is left for shares the last one. */
const listGoals = (
  idea: ParsedIdea,
  design: Design,
  citeGoal: (name: FeatureName) => string[],
): IdeaSpec['goals'] => {
  const built = listFeatures(design).map((feature) => ({
    text: feature.goal(design),
    cites: citeGoal(feature.name),
  }))
  const asked = listDemandGoals(idea.demands)
  const places = Math.max(1, MAX_GOALS - built.length)
  const wanted =
    asked.length > places ? [...asked.slice(0, places - 1), asked.slice(places - 1).join(' ')] : asked
  const open = wanted.map((text) => ({ text: clip(text, 1900), cites: ['Idea#/text'] }))
  // What the idea wants as a whole stands before the records that rules build in its place.
  return idea.demands.form?.isProduct === true ? [...open, ...built] : [...built, ...open]
}

const listConstraints = (
  idea: ParsedIdea,
  clarifications: Clarifications | undefined,
  constraints: Constraints | undefined,
): IdeaSpec['constraints'] =>
  (constraints ?? writeConstraints(idea, clarifications)).constraints
    .slice(0, 20)
    .map(({ text, cites }, index) => ({
      text,
      cites: constraints === undefined ? cites : [`Constraints#/constraints/${String(index)}`],
    }))

const getSummary = (idea: ParsedIdea, { noun, features }: Design): string => {
  const { form } = idea.demands
  const service = `a web service that keeps ${noun.many} for ${idea.users}`
  if (form?.isChange === true)
    return `The idea asks for ${form.label}: "${clip(idea.words, 300)}". Rules change no code that they did not write, so that nothing of it is built.`
  return form?.isProduct === true
    ? `The idea asks for ${form.label}: "${clip(idea.words, 300)}". No rule builds that. What rules build is ${service}, and it does not stand in for what was asked.`
    : `A web service that keeps ${noun.many} for ${idea.users}. It stores, checks and lists them, and gives them to ${features.includes('page') ? 'a browser and to programs' : 'programs'}.`
}

/** The specification of an idea, with every decision of its questions built in. */
export const writeIdeaSpec = ({ idea, clarifications, constraints, answers }: IdeaSpecSources): IdeaSpec => {
  const decisions = listDecisions(idea, answers)
  const design = applyDecisions(idea.design, decisions)
  const { noun } = design
  const { exclusions, form, wishes } = idea.demands
  const isChange = form?.isChange === true
  const reading = (clarifications?.notes.trim() ?? '') === '' ? 'Idea#/text' : 'Clarifications#/notes'
  const citeGoal = (name: FeatureName): string[] => {
    const decision = findDecision(decisions, design, name)
    const question = decision && findQuestion(clarifications, decision.point.text)
    return [OWN.has(name) ? reading : 'Idea#/text', ...(question === undefined ? [] : [`${question}/text`])]
  }
  const goals = listGoals(idea, design, citeGoal)
  const open = goals.filter(({ text }) => isNotBuilt(text)).length
  return {
    title: clip(idea.title, 120),
    summary: getSummary(idea, design),
    problem: isChange
      ? `What was asked for is not there yet: "${clip(idea.words, 300)}".`
      : capitalise(idea.subject.problem(noun.many)),
    users: [
      {
        name: capitalise(idea.users),
        need: isChange
          ? 'To have what was asked for, and to lose nothing that works today.'
          : `To keep all ${noun.many} in one place and read them there.`,
        cites: [idea.namesUsers ? 'Idea#/text' : reading],
      },
    ],
    goals,
    constraints: listConstraints(idea, clarifications, constraints),
    out_of_scope: [
      ...new Set([
        ...(isChange || wishes.some((wish) => wish.startsWith(SIGN_IN)) ? [] : [SIGN_IN]),
        ...exclusions.map((each) => `${capitalise(each)}, which the idea rules out`),
        isChange
          ? 'Changes to parts of the repository that the request does not name'
          : 'More than one running copy of the service on the same file',
      ]),
    ].slice(0, 20),
    assumptions: [
      ...listAssumptions(idea, decisions, clarifications),
      ...listOtherAnswers(decisions, clarifications, answers),
    ].slice(0, 20),
    success_measures: isChange
      ? [
          {
            text: 'A test that fails today passes after the change, and none that passes today fails.',
            cites: ['Idea#/text'],
          },
        ]
      : [
          { text: `Each ${noun.one} that was stored is there again after a restart.`, cites: [reading] },
          {
            text: `After 4 weeks, ${idea.users} keep no second list of ${noun.many} beside this one.`,
            cites: ['Idea#/text'],
          },
        ],
    feasibility: getFeasibility({
      idea,
      users: idea.users,
      goals: goals.length,
      open,
      cites: ['Idea#/text'],
    }),
  }
}

const SIGN_IN = 'Sign-in with accounts and passwords'

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
  ...(idea.subject.caveat === undefined ? [] : [{ text: idea.subject.caveat, cites: ['Idea#/text'] }]),
  ...(idea.isRead
    ? []
    : [{ text: `The rules guess that the idea is about ${idea.design.noun.many}.`, cites: ['Idea#/text'] }]),
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
