import { z } from 'zod'
import type { DeliverableBody, Fact } from '../contract/work-order.ts'
import type { Deliverable, Item, Project, ProjectQuestion } from '../project/state.ts'
import { makeDerivedFact, UNITS, type Unit } from './facts.ts'
import type { FinalReportContent, Figure } from './final-report-content.ts'
import { RecurringText, Requirement } from './known.ts'
import { findPeriod, getCurrency } from './parameters.ts'
import { listFigures, type ByType } from './report-figures.ts'
import { tellTarget } from './target.ts'
import { getTreatment, MAX_ROW_MINUTES } from './treatment.ts'

/** What a report is made of. `deliverables` are those that count (status `current`), with their bodies. */
export type FinalReportInput = {
  readonly project: Pick<Project, 'name' | 'request' | 'mode' | 'createdAt' | 'parameters' | 'uploads'>
  readonly items: readonly Pick<
    Item,
    'title' | 'kind' | 'capability' | 'status' | 'failureMessage' | 'blockedReason' | 'children'
  >[]
  readonly deliverables: readonly {
    readonly deliverable: Pick<Deliverable, 'name' | 'type' | 'agent' | 'digest' | 'createdAt'>
    readonly body: DeliverableBody
  }[]
  readonly questions: readonly Pick<
    ProjectQuestion,
    'kind' | 'text' | 'answer' | 'status' | 'decidedBy' | 'risk' | 'defaultAnswer'
  >[]
}

export type FinalReport = {
  readonly body: DeliverableBody
  /** The figures people ask for first, by name. */
  readonly totals: Readonly<Record<string, number>>
}

/** More than this of one list is not read by anybody; what is left out is counted. */
const MAX_LISTED = 100
const MAX_ITEMS = 1000

const Categories = z.object({
  categories: z.array(
    z.object({ key: z.string(), name: z.string(), minutes: z.number(), share: z.number() }),
  ),
  categoriesNotShown: z.int().min(0).default(0),
})
const Recurring = z.object({ recurring: z.array(RecurringText) })
const Cases = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      avoidable: z.number(),
      hoursMonth: z.number(),
      moneyMonth: z.number(),
      moneyYear: z.number(),
    }),
  ),
})
const Requirements = z.object({ requirements: z.array(Requirement) })
const Assumptions = z.object({ assumptions: z.array(z.string()) })

/** The content of a type as this release writes it; nothing where an outside worker wrote another. */
const readContent = <T>(bodies: ByType, type: string, schema: z.ZodType<T>): T | undefined =>
  schema.safeParse(bodies.get(type)?.content).data

const listCategoryRows = (bodies: ByType): Pick<FinalReportContent, 'categories' | 'categoriesNotShown'> => {
  const body = bodies.get('time_waste')
  const content = readContent(bodies, 'time_waste', Categories)
  if (body === undefined || content === undefined) return { categories: [], categoriesNotShown: 0 }
  const facts = new Map(body.facts.map((fact) => [fact.name, fact]))
  return {
    categories: content.categories.slice(0, MAX_LISTED).map(({ key, name, minutes, share }) => {
      const fact = facts.get(`${key}.minutes`)
      return {
        name: name.slice(0, 200),
        minutes,
        share,
        rowCount: fact?.rowCount ?? 0,
        rows: fact?.rows ?? [],
      }
    }),
    categoriesNotShown: content.categoriesNotShown + Math.max(0, content.categories.length - MAX_LISTED),
  }
}

const showTreatments = ({ parameters }: FinalReportInput['project'], bodies: ByType): string[] => {
  const { longRows, countMeans } = getTreatment(parameters)
  const long = bodies.get('time_waste')?.facts.find(({ name }) => name === 'rows.over-cap')
  return [
    ...(long === undefined
      ? []
      : [
          `Rows ${long.rows.slice(0, 50).join(', ')} say more than ${MAX_ROW_MINUTES} minutes; ` +
            (longRows === 'cap' ? `each counts as ${MAX_ROW_MINUTES}.` : 'they are left out.'),
        ]),
    ...('countMeans' in parameters
      ? [
          countMeans === 'times'
            ? 'The minutes of a row are multiplied by its count.'
            : 'The count of a row is a note: its minutes are taken as they stand.',
        ]
      : []),
  ]
}

const listQuestions = ({ questions }: FinalReportInput): FinalReportContent['questions'] =>
  questions.slice(0, MAX_LISTED).map(({ text, answer, status, decidedBy, risk }) => ({
    text,
    answer: answer ?? '(nobody has answered)',
    decidedBy: decidedBy ?? '',
    isAssumed: status === 'assumed',
    risk,
  }))

const listAssumptions = (input: FinalReportInput, bodies: ByType): string[] => [
  ...input.questions
    .filter(({ status, kind }) => status === 'assumed' && kind === 'question')
    .map(({ text, answer, defaultAnswer }) => `${text.slice(0, 400)} Taken: ${answer ?? defaultAnswer}`),
  ...['cost', 'scenario'].flatMap((type) => readContent(bodies, type, Assumptions)?.assumptions ?? []),
]

const makeContent = (
  input: FinalReportInput,
  bodies: ByType,
  figures: readonly Figure[],
): FinalReportContent => {
  const { project, items, deliverables } = input
  const cases = readContent(bodies, 'scenario', Cases)?.cases ?? []
  const missing = bodies.get('time_waste')?.facts.find(({ name }) => name === 'estimates.missing')
  return {
    project: {
      name: project.name,
      request: project.request,
      mode: project.mode,
      createdAt: project.createdAt,
    },
    // What holds others is as far as they are; counting it as well would count their work twice.
    items: items
      .filter(({ children }) => Object.keys(children).length === 0)
      .slice(0, MAX_ITEMS)
      .map(({ title, kind, capability, status, failureMessage, blockedReason }) => ({
        title,
        kind,
        capability,
        status,
        reason: (failureMessage ?? blockedReason ?? '').slice(0, 1000),
      })),
    uploads: project.uploads.map(({ name, rows, digest }) => ({ name, rows, digest })),
    parameters: Object.entries(project.parameters)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value: String(value) })),
    currency: getCurrency(project.parameters),
    treatment: showTreatments(project, bodies),
    figures: [...figures],
    ...listCategoryRows(bodies),
    recurring: (readContent(bodies, 'friction', Recurring)?.recurring ?? [])
      .slice(0, MAX_LISTED)
      .map(({ text, hundredths, rowCount, rows }) => ({ text, minutes: hundredths / 100, rowCount, rows })),
    cases,
    requirements: (readContent(bodies, 'requirements', Requirements)?.requirements ?? []).map(
      ({ id, statement, acceptance }) => ({ id, statement, acceptance: acceptance.map(({ text }) => text) }),
    ),
    target: tellTarget(project.parameters, cases),
    missing: { rowCount: missing?.rowCount ?? 0, rows: missing?.rows ?? [] },
    questions: listQuestions(input),
    assumptions: [...new Set(listAssumptions(input, bodies))].slice(0, MAX_LISTED),
    deliverables: deliverables.slice(0, MAX_ITEMS).map(({ deliverable, body }) => ({
      name: deliverable.name,
      type: deliverable.type,
      agent: deliverable.agent,
      confidence: body.confidence,
      simulated: body.simulated,
      digest: deliverable.digest,
      claims: body.claims.slice(0, 20).map(({ text }) => text),
    })),
  }
}

const getUnit = (unit: string): Unit => UNITS.find((known) => known === unit) ?? 'text'

const makeReportFacts = (figures: readonly Figure[]): Fact[] =>
  figures.map(({ name, value, unit, from }) =>
    makeDerivedFact(name, value, { unit: getUnit(unit), from: [from] }),
  )

/**
 * The report of a project that has ended, with figures that lead back to the records: sums by category with row
 * numbers, formulas with their numbers, what was asked and assumed, and what is simulated. The same project gives
 * the same report. Its confidence is that of its least sure deliverable, 0 where there is none.
 */
export const makeFinalReport = (input: FinalReportInput): FinalReport => {
  const sorted = input.deliverables.toSorted((a, b) =>
    a.deliverable.createdAt < b.deliverable.createdAt
      ? -1
      : a.deliverable.createdAt > b.deliverable.createdAt
        ? 1
        : 0,
  )
  const bodies: ByType = new Map(sorted.map(({ body }) => [body.type, body]))
  const figures = listFigures(bodies, findPeriod(input.project.parameters))
  return {
    totals: Object.fromEntries(figures.map(({ name, value }) => [name, value])),
    body: {
      type: 'final-report',
      agent: 'report',
      confidence: sorted.length === 0 ? 0 : Math.min(...sorted.map(({ body }) => body.confidence)),
      // The sums are real; which parts of the work are not is said part by part.
      simulated: false,
      facts: makeReportFacts(figures),
      claims: figures.map(({ name, label, formula }) => ({ text: `${label}: ${formula}.`, sources: [name] })),
      content: makeContent({ ...input, deliverables: sorted }, bodies, figures),
    },
  }
}
