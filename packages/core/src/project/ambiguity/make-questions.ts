import type { TemplateParameter } from '../../contract/backlog-template.ts'
import type { ItemDraft } from '../../contract/item.ts'
import type { AmbiguityHit, ProjectQuestionDraft, QuestionForm } from '../../contract/project-question.ts'
import { clipText } from '../../clip.ts'
import { Name } from '../../text.ts'
import { scoreHits } from '../../ambiguity/score-hits.ts'

/** A question with the keys of the drafts that wait for its answer; none: the whole project waits. */
export type AskedAtStart = ProjectQuestionDraft & { readonly items: string[] }

const makeForm = (properties: QuestionForm['properties'], required: readonly string[]): QuestionForm => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
})

/** Drafts that need a parameter, by key; those without a key cannot be named. */
const listNeedy = (field: string, drafts: readonly ItemDraft[]): string[] =>
  drafts.flatMap(({ key, needs }) => (key !== undefined && needs.includes(field) ? [key] : [])).slice(0, 50)

const askParameter = (
  { field, message }: AmbiguityHit,
  parameter: TemplateParameter | undefined,
  drafts: readonly ItemDraft[],
): AskedAtStart => {
  const items = listNeedy(field, drafts)
  if (parameter)
    return {
      text: parameter.question,
      fields: [field],
      form: makeForm({ [field]: parameter.field }, [field]),
      defaultAnswer: parameter.default_answer,
      defaultValues: { [field]: parameter.default },
      impact: parameter.impact,
      risk: parameter.risk,
      policy: parameter.policy,
      items,
    }
  const isName = Name.safeParse(field).success
  return {
    text: `What is ${field}? ${message}`,
    fields: [field],
    form: isName ? makeForm({ [field]: { type: 'string', title: field, maxLength: 2000 } }, [field]) : null,
    defaultAnswer: 'It is not known; go on without it and say so.',
    defaultValues: isName ? { [field]: 'not known' } : {},
    impact: 'Items of the backlog say that they need it.',
    risk: 'medium',
    policy: 'decide',
    items,
  }
}

const askRows = (): AskedAtStart => ({
  text: 'No records came with the request. Attach a CSV or XLSX file of them, or say that it goes on without.',
  fields: ['rows'],
  form: makeForm({ noRecords: { type: 'boolean', title: 'There will be no records' } }, []),
  defaultAnswer: 'There will be no records.',
  defaultValues: { noRecords: true },
  impact: 'Without records nothing can be measured, and what depends on them fails.',
  risk: 'high',
  policy: 'escalate',
  items: [],
})

const TARGET_FIELDS: QuestionForm['properties'] = {
  targetPercent: { type: 'number', title: 'How much, in percent', minimum: 0.1, maximum: 1000 },
  targetWeeks: { type: 'integer', title: 'Within how many weeks', minimum: 1, maximum: 520 },
}
const TARGET_DEFAULTS: Readonly<Record<string, number>> = { targetPercent: 20, targetWeeks: 12 }

/** One question for both halves of a target, about those halves that are missing. */
const askTarget = (hits: readonly AmbiguityHit[]): AskedAtStart => {
  const fields = hits.map(({ field }) => field)
  const pick = <T>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => fields.includes(name)))
  const asks =
    fields.length > 1
      ? 'How much is to be reached, and by when?'
      : fields[0] === 'targetWeeks'
        ? 'By when is it to be reached?'
        : 'How much is to be reached?'
  const says = [
    ...(fields.includes('targetPercent') ? ['20 %'] : []),
    ...(fields.includes('targetWeeks') ? ['within 12 weeks'] : []),
  ].join(' ')
  return {
    text: `The request has no target that can be measured: "${hits[0]?.excerpt ?? ''}". ${asks}`,
    fields,
    form: makeForm(pick(TARGET_FIELDS), fields),
    defaultAnswer: `${says}.`,
    defaultValues: pick(TARGET_DEFAULTS),
    impact: 'Whether the result is good enough is measured against it.',
    risk: 'medium',
    policy: 'decide',
    items: [],
  }
}

const TEXTS = {
  'vague-term': {
    ask: 'These words can be read in more than one way. What is meant by them?',
    field: 'meaning',
    taken: 'They mean what is usual for such work; the result says how they were read.',
    risk: 'low',
    policy: 'decide',
  },
  'conflicting-statements': {
    ask: 'These statements cannot hold together. Which of them holds?',
    field: 'whichHolds',
    taken: 'The statement that comes last holds.',
    risk: 'high',
    policy: 'escalate',
  },
  'unresolved-reference': {
    ask: 'This points at something that is not here. What is it, in full?',
    field: 'reference',
    taken: 'It is not needed; the work goes on by the request alone.',
    risk: 'medium',
    policy: 'decide',
  },
  'unknown-actor': {
    ask: 'It is not said who does or decides this. Who is it?',
    field: 'actor',
    taken: 'Whoever made the request.',
    risk: 'low',
    policy: 'decide',
  },
} as const

const askInWords = (rule: keyof typeof TEXTS, hits: readonly AmbiguityHit[]): AskedAtStart => {
  const { ask, field, taken, risk, policy } = TEXTS[rule]
  const places = [...new Set(hits.map(({ message }) => message))].map((message) => `- ${message}`).join('\n')
  return {
    text: clipText(`${ask}\n${places}`, 2000, 1400),
    fields: [field],
    form: makeForm({ [field]: { type: 'string', title: 'In your words', maxLength: 1000 } }, [field]),
    defaultAnswer: taken,
    defaultValues: { [field]: taken },
    impact: 'The work is built on how this is read.',
    risk,
    policy,
    items: [],
  }
}

/** A number that was said in two ways, asked for by itself. */
const askNumber = (
  { field, message, excerpt }: AmbiguityHit,
  parameter: TemplateParameter | undefined,
): AskedAtStart => ({
  text: `${message} Which holds? It says: "${excerpt}".`,
  fields: [field],
  form: makeForm(
    {
      [field]: parameter?.field ?? {
        type: field === 'currency' || field === 'periodType' || field === 'targetDate' ? 'string' : 'number',
        title: field,
      },
    },
    [field],
  ),
  defaultAnswer: parameter?.default_answer ?? 'Neither; the work goes on without it and says so.',
  defaultValues: parameter ? { [field]: parameter.default } : {},
  impact: parameter?.impact ?? 'Figures of the result depend on it.',
  risk: 'high',
  policy: 'escalate',
  items: [],
})

/**
 * The questions that hits come to, each with a form and a default. What the work needs and does not have is always
 * asked, of the items that need it; the rest only where the hits together pass the limit, and then of the whole
 * project, one question for each rule. Drafts are the backlog as it was planned.
 */
export const makeQuestions = (
  hits: readonly AmbiguityHit[],
  drafts: readonly ItemDraft[],
  {
    limit = 0.4,
    parameters = {},
  }: {
    readonly limit?: number
    readonly parameters?: Readonly<Record<string, TemplateParameter>>
  } = {},
): readonly AskedAtStart[] => {
  const of = (rule: string) => hits.filter((hit) => hit.rule === rule)
  const parameterOf = (name: string) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined)
  const conflicts = of('conflicting-statements')
  const numbers = conflicts.filter(({ field }) => field !== 'request')
  const asked = new Set(numbers.map(({ field }) => field))
  const missing = of('missing-field')
    .filter(({ field }) => !asked.has(field))
    .map((hit) => (hit.field === 'rows' ? askRows() : askParameter(hit, parameterOf(hit.field), drafts)))
  const needed = [
    ...missing,
    ...numbers.map((hit) => {
      const question = askNumber(hit, parameterOf(hit.field))
      return { ...question, items: listNeedy(hit.field, drafts) }
    }),
  ]
  if (scoreHits(hits) <= limit) return needed
  const targets = of('no-measurable-target')
  const words = (
    ['conflicting-statements', 'unresolved-reference', 'unknown-actor', 'vague-term'] as const
  ).flatMap((rule) => {
    const found = of(rule).filter(({ field }) => rule !== 'conflicting-statements' || field === 'request')
    return found.length > 0 ? [askInWords(rule, found)] : []
  })
  return [...(targets.length > 0 ? [askTarget(targets)] : []), ...words, ...needed].slice(0, 20)
}
