import { RopewalkError } from '../errors.ts'
import type { DeliverableBody } from '../contract/work-order.ts'
import {
  entry,
  fields,
  list,
  note,
  paragraph,
  part,
  section,
  table,
  title,
  type Block,
} from '../render/blocks.ts'
import { toMarkdown } from '../render/to-markdown.ts'
import { showMoney, showNumber, showPercent } from './facts.ts'
import { FinalReportContent } from './final-report-content.ts'
import { showFigure } from './report-figures.ts'

/** Row numbers named in a cell; all of them stand in the report's data. */
const MAX_ROWS_SHOWN = 60

const showRows = ({
  rows,
  rowCount,
}: {
  readonly rows: readonly number[]
  readonly rowCount: number
}): string => {
  const shown = rows.slice(0, MAX_ROWS_SHOWN)
  return `${shown.join(', ')}${rowCount > shown.length ? ` and ${rowCount - shown.length} more` : ''}`
}

const showItems = ({ items }: FinalReportContent): Block[] => {
  const open = items.filter(({ status }) => status !== 'done')
  return [
    paragraph(`${items.length - open.length} of ${items.length} items are done.`),
    ...(open.length === 0
      ? []
      : [
          note('bad', 'Not everything was done; what rests on the rest is missing below.'),
          table(
            ['Item', 'Status', 'Why'],
            open.map(({ title: name, status, reason }) => [name, status, reason]),
          ),
        ]),
  ]
}

const showFigures = ({ figures, currency }: FinalReportContent): Block[] =>
  part(
    'Figures',
    table(
      ['Figure', 'Value', 'How it is computed'],
      figures.map((figure) => [figure.label, showFigure(figure, currency), figure.formula]),
    ),
    ...(currency === null && figures.some(({ unit }) => unit === 'money')
      ? [paragraph('Money is in the currency of the hourly rate.')]
      : []),
  )

const showCategories = (report: FinalReportContent): Block[] => {
  const { categories, categoriesNotShown, missing, treatment } = report
  const minutes = categories.reduce((sum, each) => sum + Math.round(each.minutes * 100), 0) / 100
  return part(
    'Minutes by category',
    paragraph(
      'Row numbers are lines of the file, its header included, or rows of the sheet. Add up the minutes of the rows named to get the sum beside them.',
    ),
    table(
      ['Category', 'Minutes', 'Share', 'Records', 'Rows'],
      [
        ...categories.map((each) => [
          each.name,
          showNumber(each.minutes),
          showPercent(each.share),
          String(each.rowCount),
          showRows(each),
        ]),
        ...(categories.length === 0
          ? []
          : [
              [
                'All of these',
                showNumber(minutes),
                '',
                String(categories.reduce((sum, { rowCount }) => sum + rowCount, 0)),
                '',
              ],
            ]),
      ],
    ),
    ...(categoriesNotShown === 0
      ? []
      : [note('gap', `${categoriesNotShown} smaller categories are not listed.`)]),
    ...(missing.rowCount === 0
      ? []
      : [note('gap', `Durations that are guesses: ${missing.rowCount}, in rows ${showRows(missing)}.`)]),
    ...(treatment.length === 0 ? [] : [list(treatment)]),
  )
}

const showRecurring = ({ recurring }: FinalReportContent): Block[] =>
  part(
    'Work that recurs',
    table(
      ['Text', 'Minutes', 'Times', 'Rows'],
      recurring.map((each) => [each.text, showNumber(each.minutes), String(each.rowCount), showRows(each)]),
    ),
  )

const showCases = ({ cases, currency, target }: FinalReportContent): Block[] =>
  part(
    'What could be recovered',
    table(
      ['Case', 'Avoidable', 'Hours a month', 'Money a month', 'Money a year'],
      cases.map((each) => [
        each.name,
        showPercent(each.avoidable),
        showNumber(each.hoursMonth),
        showMoney(each.moneyMonth, currency),
        showMoney(each.moneyYear, currency),
      ]),
    ),
    ...(target === null ? [] : [paragraph(target)]),
  )

const showRequirements = ({ requirements }: FinalReportContent): Block[] => [
  section('Requirements'),
  ...(requirements.length === 0
    ? [paragraph('None.')]
    : requirements.flatMap(({ id, statement, acceptance }) => [
        entry(`${id}: ${statement}`),
        list(acceptance),
      ])),
]

const showDecisions = ({ questions, assumptions, parameters }: FinalReportContent): Block[] => [
  ...part('What was given', fields(Object.fromEntries(parameters.map(({ name, value }) => [name, value])))),
  ...part(
    'Questions and answers',
    table(
      ['Question', 'Answer', 'Decided by', 'Risk'],
      questions.map(({ text, answer, decidedBy, isAssumed, risk }) => [
        text,
        answer,
        isAssumed ? `${decidedBy || 'policy'} (assumed)` : decidedBy,
        risk,
      ]),
    ),
  ),
  ...part('Assumptions', list(assumptions)),
]

const showDeliverables = ({ deliverables, uploads }: FinalReportContent): Block[] => {
  const simulated = deliverables.filter((each) => each.simulated)
  return [
    ...part(
      'Deliverables and how sure they are',
      table(
        ['Deliverable', 'By', 'Confidence', 'Simulated', 'SHA-256'],
        deliverables.map((each) => [
          each.name,
          each.agent,
          showNumber(each.confidence),
          each.simulated ? 'yes' : 'no',
          each.digest,
        ]),
      ),
      ...(simulated.length === 0
        ? []
        : [
            note(
              'info',
              `Simulated, that is written by rule and not by a model or a person: ${simulated.map(({ name }) => name).join(', ')}.`,
            ),
          ]),
      ...deliverables.flatMap(({ name, claims }) => (claims.length === 0 ? [] : [entry(name), list(claims)])),
    ),
    ...part(
      'Records',
      table(
        ['File', 'Records', 'SHA-256'],
        uploads.map((each) => [each.name, String(each.rows), each.digest]),
      ),
    ),
  ]
}

/** Whether the project was about records; what was only to be done has no figures to miss. */
const hasRecords = ({ uploads, figures, requirements }: FinalReportContent): boolean =>
  uploads.length > 0 || figures.length > 0 || requirements.length > 0

const showDone = ({ items }: FinalReportContent): Block[] => {
  const done = items.filter(({ status }) => status === 'done').map(({ title: name }) => name)
  return done.length === 0 ? [] : part('Done', list(done))
}

/**
 * The final report as Markdown, made of its data alone. Text of records and people stays text.
 * Throws INVALID_ARGUMENT where the body is not that of a final report.
 */
export const renderFinalReport = (body: DeliverableBody): string => {
  const content = FinalReportContent.safeParse(body.content)
  if (body.type !== 'final-report' || !content.success) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected the body of a final report, got one of type ${body.type}.`,
    )
  }
  const report = content.data
  const isWithRecords = hasRecords(report)
  return toMarkdown([
    title(report.project.name),
    // A project without a name of its own is called by its request.
    ...(report.project.request === report.project.name ? [] : [paragraph(report.project.request)]),
    ...showItems(report),
    paragraph(
      report.deliverables.length === 0
        ? 'Nothing was handed in that could be checked; what is done rests on the word of those who said so.'
        : `The report is as sure as its least sure part: ${showNumber(body.confidence)} of 1.`,
    ),
    ...(isWithRecords
      ? [
          ...showFigures(report),
          ...showCategories(report),
          ...showRecurring(report),
          ...showCases(report),
          ...showRequirements(report),
        ]
      : showDone(report)),
    ...showDecisions(report),
    ...showDeliverables(report),
  ])
}
