import type { AgentJob } from '../../agent-runtime.ts'
import type { AgentResult } from '../../agent-runtime.ts'
import { hasFeature, type Design } from './design.ts'
import type { ParsedIdea } from './parse-idea.ts'
import { field } from './subjects.ts'
import { getArticle } from './words.ts'

export type Asked = NonNullable<AgentResult['questions']>[number]
export type Answer = AgentJob['context']['context']['answers'][number]

/** A question with what each answer does to the design. */
export type OpenPoint = Asked & { readonly apply: (answer: string, design: Design) => Design }

/** A point as it was settled: by whom, or by nobody, which leaves the default. */
export type Decision = {
  readonly point: OpenPoint
  readonly answer: string
  /** Nobody answered, or the policy did: it is assumed. */
  readonly isAssumed: boolean
}

const isForEach = (answer: string): boolean =>
  /\b(?:each|per|separate|individual|personal|own)\b/iu.test(answer) &&
  !/^\W*(?:(?:one|a) )?(?:shared|common|single)\b|\bnot\b/iu.test(answer)

/** A pick from a few answers. Nothing is required, so that an answer in other words is read as well. */
const makeChoice = (choices: readonly string[], taken: string): Pick<Asked, 'form' | 'defaultValues'> => ({
  form: {
    type: 'object',
    properties: { choice: { type: 'string', title: 'Which of these', enum: [...choices] } },
    required: [],
    additionalProperties: false,
  },
  defaultValues: { choice: taken },
})

const SHARED = 'One shared list'

const askWhose = ({ design: { noun } }: ParsedIdea): OpenPoint => ({
  text: `Is there one shared list of ${noun.many}, or a list of ${noun.many} for each person?`,
  category: 'clarification',
  priority: 'medium',
  decisionImpact: `With a list for each person every ${noun.one} names its owner and lists are narrowed to one owner; otherwise no owner is stored.`,
  defaultAnswer: SHARED,
  risk: 'medium',
  ...makeChoice([SHARED, 'A list for each person'], SHARED),
  apply: (answer, design) => {
    if (!isForEach(answer) || hasFeature(design, 'owner')) return design
    const known = design.fields.some(({ name }) => name === 'owner')
    return {
      ...design,
      fields: known ? design.fields : [...design.fields, field('owner', 'short text', false)],
      features: [...design.features, 'owner'],
    }
  },
})

/** What the idea leaves open, by impact: the subject's own question, then whose the records are. */
export const listOpenPoints = (idea: ParsedIdea): OpenPoint[] => {
  // Whoever asks for a change of a repository is not asked about records of ours.
  if (idea.demands.form?.isChange === true) return []
  const { question } = idea.subject
  const { noun } = idea.design
  const own: OpenPoint = {
    text: question.ask(noun.many, `${getArticle(noun.one)} ${noun.one}`),
    category: question.category,
    priority: 'high',
    decisionImpact: question.impact,
    defaultAnswer: question.defaultAnswer,
    risk: 'medium',
    ...(question.choices === undefined ? {} : makeChoice(question.choices, question.defaultAnswer)),
    apply: question.apply,
  }
  return [own, ...(hasFeature(idea.design, 'owner') ? [] : [askWhose(idea)])]
}

/** What became of each open point, by the answers of the run. */
export const listDecisions = (idea: ParsedIdea, answers: readonly Answer[]): Decision[] =>
  listOpenPoints(idea).map((point) => {
    const given = answers.findLast(({ question }) => question === point.text)
    return {
      point,
      answer: given?.answer ?? point.defaultAnswer,
      isAssumed: given === undefined || given.decidedBy === 'policy',
    }
  })

/** The design with every decision built in. */
export const applyDecisions = (design: Design, decisions: readonly Decision[]): Design =>
  decisions.reduce((made, { point, answer }) => point.apply(answer, made), design)
