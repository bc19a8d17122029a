import type { ItemDetail, ItemTreeRow, ItemView } from '@ropewalk/core/contract/api/items'
import type { ItemStatus } from '@ropewalk/core/contract/item'
import { getQuestionRef, getShortId } from '@ropewalk/core/short-id'
import { getDurationText } from './progress-view.ts'
import { getDecisionCommand } from './question-text.ts'
import { clean, clip, makeTable, wrap, type Paint } from './terminal.ts'

const MARKS: Readonly<Record<ItemStatus, string>> = {
  created: '·',
  ready: '○',
  blocked: '!',
  in_progress: '›',
  in_review: '?',
  done: '✓',
  failed: '✗',
  cancelled: '-',
}

const STYLES: Readonly<Record<ItemStatus, Parameters<Paint>[0]>> = {
  created: 'dim',
  ready: 'white',
  blocked: 'yellow',
  in_progress: 'cyan',
  in_review: 'cyan',
  done: 'green',
  failed: 'red',
  cancelled: 'dim',
}

export const getStatusMark = (paint: Paint, status: ItemStatus): string =>
  paint(STYLES[status], MARKS[status])

/** What an item waits for or did, in a few words; empty where its status says it all. */
export const getItemNote = (item: ItemView): string => {
  if (item.status === 'failed') return item.failureMessage ?? ''
  if (item.isHeld) return `parked: ${item.blockedReason ?? ''}`
  if (item.status === 'blocked' && item.blockedReason !== null) return item.blockedReason
  if (item.openQuestions > 0)
    return `${item.openQuestions} open question${item.openQuestions === 1 ? '' : 's'}`
  if (item.status === 'created' && item.waitingOn > 0) return `waits for ${item.waitingOn} other`
  if (item.status === 'in_progress' && item.batches > 1) return `${item.batchesDone} of ${item.batches} parts`
  if (item.status === 'ready' && item.reasons.length > 0) return `again: ${item.reasons[0] ?? ''}`
  return ''
}

/** The width that is left for titles and notes, however narrow the terminal. */
const getRoom = (columns: number | undefined, taken: number): number =>
  Math.max(20, (columns ?? 120) - taken - 1)

/** Items as a table, with their project where they are of several; the titles take the room that is left. */
export const layOutItems = (items: readonly ItemView[], columns: number | undefined): string => {
  const isOfSeveral = new Set(items.map(({ projectId }) => projectId)).size > 1
  const rows = items.map((item) => [
    ...(isOfSeveral ? [getShortId(item.projectId)] : []),
    getShortId(item.id),
    item.kind,
    item.status.replace('_', ' '),
    String(item.priority),
    item.capability ?? '-',
  ])
  const head = [...(isOfSeveral ? ['PROJECT'] : []), 'ITEM', 'KIND', 'STATUS', 'P', 'CAPABILITY']
  const widths = head.map((cell, index) =>
    Math.max(cell.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const room = getRoom(
    columns,
    widths.reduce((sum, width) => sum + width + 2, 0),
  )
  return makeTable([
    [...head, 'TITLE'],
    ...rows.map((row, index) => [...row, clip(items[index]?.title ?? '', room)]),
  ])
}

/** Items of a project, each below the one that holds it. */
export const layOutTree = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  rows: readonly ItemTreeRow[],
): string =>
  rows
    .map((row) => {
      const lead = `${'  '.repeat(row.depth)}`
      const tail = row.capability === null ? '' : `  ${row.capability}`
      const note = getItemNote(row)
      // Its mark, its id and the spaces between them.
      const room = getRoom(of.columns, lead.length + 12 + tail.length)
      const line = `${of.paint('dim', getShortId(row.id))}  ${lead}${getStatusMark(of.paint, row.status)} ${clip(row.title, room)}${of.paint('dim', tail)}`
      const noteRoom = getRoom(of.columns, lead.length + 14)
      return note === ''
        ? line
        : `${line}\n${' '.repeat(lead.length + 12)}${of.paint('dim', clip(note, noteRoom))}`
    })
    .join('\n')

const listFacts = (item: ItemDetail): [string, string][] => {
  const { provenance } = item
  const took =
    item.startedAt === null || item.endedAt === null
      ? ''
      : ` in ${getDurationText(Date.parse(item.endedAt) - Date.parse(item.startedAt))}`
  const facts: [string, string | null][] = [
    ['item', `${item.id}${item.isDeleted ? '  (deleted)' : ''}`],
    ['kind', `${item.kind}, priority ${item.priority}`],
    ['status', `${item.status.replace('_', ' ')}${took}`],
    ['note', getItemNote(item)],
    ['project', item.projectId],
    ['in', item.ancestors.map(({ title }) => clip(title, 40)).join(' › ')],
    ['capability', item.capability],
    ['needs', item.needs.join(', ')],
    ['done when', item.definitionOfDone.join(', ')],
    ['approvals', item.approvals === 0 ? '' : String(item.approvals)],
    ['labels', item.labels.map(clean).join(', ')],
    ['rounds', item.round === 0 ? '' : `${item.round} of ${item.maxRounds}, ${item.failures} failed`],
    [
      'run',
      item.runRef === null
        ? null
        : `${item.runRef.runId}${item.runRef.taskId === null ? '' : `, task ${item.runRef.taskId}`}: ${item.runRef.status}`,
    ],
    [
      'from',
      `${provenance.source}, ${clean(provenance.by)}${provenance.of === null ? '' : `, ${clip(provenance.of, 30)}`}`,
    ],
    ['version', String(item.version)],
  ]
  return facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value]]))
}

type Edge = ItemDetail['dependsOn'][number]

const layOutEdges = (paint: Paint, head: string, edges: readonly Edge[]): string[] =>
  edges.length === 0
    ? []
    : [
        '',
        head,
        ...edges.map(
          ({ itemId, title, status }) =>
            `  ${getShortId(itemId)}  ${getStatusMark(paint, status)} ${clip(title, 90)}`,
        ),
      ]

/** The newest of what happened; all of it is at `/v1/items/{id}/history`. */
const MAX_HISTORY = 12

/** An item with all that is known of it. */
export const layOutItem = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  item: ItemDetail,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const work = item.work.map((task) => [
    `  round ${task.round}, part ${task.batch}`,
    task.status,
    `attempt ${task.attempt}`,
    clip(task.claimedBy ?? '', 40),
    clip(task.failureMessage ?? '', 60),
  ])
  const deliverables = item.deliverables
    .filter(({ status }) => status !== 'superseded')
    .map(({ name, type, bytes, confidence, agent, status, simulated }) => [
      `  ${clip(name, 40)}`,
      type,
      `${bytes} bytes`,
      `confidence ${Math.round(confidence * 100)} %`,
      `${clip(agent, 40)}${simulated ? ', simulated' : ''}${status === 'partial' ? ', a part' : ''}`,
    ])
  const questions = item.questions.map((question) =>
    question.status === 'open'
      ? `  ${getQuestionRef(question.id)}  ${clip(question.text, width - 15)}\n    ${getDecisionCommand(question)}`
      : `  ${getQuestionRef(question.id)}  ${clip(question.text, width - 15)}\n    ${clip(question.answer ?? question.status, 60)} (${clean(question.decidedBy ?? 'nobody')})`,
  )
  const history = item.history
    .slice(-MAX_HISTORY)
    .map(({ time, type, data }) =>
      `  ${time.slice(0, 19).replace('T', ' ')}  ${type}  ${clip(String(data['reason'] ?? data['message'] ?? ''), 60)}`.trimEnd(),
    )
  return [
    of.paint('bold', clip(item.title, width)),
    makeTable(listFacts(item).map(([name, value]) => [`  ${name}`, clip(value, 200)])),
    ...(item.description === ''
      ? []
      : [
          '',
          ...item.description
            .trim()
            .split('\n')
            .map((line) => wrap(line, width, '  ')),
        ]),
    ...layOutEdges(of.paint, 'waits for', item.dependsOn),
    ...layOutEdges(of.paint, 'waited for by', item.dependents),
    ...(questions.length === 0 ? [] : ['', 'questions', ...questions]),
    ...(work.length === 0 ? [] : ['', 'work', makeTable(work)]),
    ...(deliverables.length === 0 ? [] : ['', 'deliverables', makeTable(deliverables)]),
    ...(history.length === 0 ? [] : ['', 'history', ...history]),
  ].join('\n')
}
