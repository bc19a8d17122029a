import type { ProjectDetail, ProjectSummary } from '@ropewalk/core/contract/api/projects'
import type { ItemView } from '@ropewalk/core/contract/api/items'
import { getQuestionRef, getShortId } from '@ropewalk/core/short-id'
import { getDurationText } from './progress-view.ts'
import { getAheadText, getDecisionCommand } from './question-text.ts'
import { clean, clip, makeTable, wrap, type Paint } from './terminal.ts'
import { EXIT } from './trouble.ts'

const getStanding = ({ status }: ProjectSummary): string => status.replace('_', ' ')

/** The exit code that a project's standing calls for. */
export const getProjectExit = ({ status }: Pick<ProjectSummary, 'status'>): number => {
  switch (status) {
    case 'completed':
    case 'created':
    case 'in_progress':
      return EXIT.ok
    case 'failed':
      return EXIT.failure
    case 'cancelled':
      return EXIT.cancelled
    case 'paused':
    case 'awaiting_input':
      return EXIT.awaitingHuman
  }
}

export const layOutProjects = (projects: readonly ProjectSummary[], columns: number | undefined): string => {
  const rows = projects.map((project) => [
    getShortId(project.id),
    getStanding(project),
    `${Math.round(project.completionPercent)} %`,
    `${project.doneItems} of ${project.totalItems}`,
    project.openQuestions === 0 ? '-' : String(project.openQuestions),
    project.createdAt.slice(0, 16).replace('T', ' '),
  ])
  const room = Math.max(20, (columns ?? 120) - 72)
  return makeTable([
    ['PROJECT', 'STATUS', 'DONE', 'ITEMS', 'ASKS', 'STARTED', 'NAME'],
    ...rows.map((row, index) => [...row, clip(projects[index]?.name ?? '', room)]),
  ])
}

const layOutLeaves = ({ leaves }: ProjectSummary): string =>
  Object.entries(leaves)
    .map(([status, count]) => `${count} ${status.replace('_', ' ')}`)
    .join(', ')

const getTimes = ({ startedAt, endedAt, createdAt }: ProjectSummary): string => {
  const from = Date.parse(startedAt ?? createdAt)
  return endedAt === null
    ? `since ${(startedAt ?? createdAt).slice(0, 16).replace('T', ' ')}`
    : `in ${getDurationText(Date.parse(endedAt) - from)}`
}

const layOutQuestions = (project: ProjectDetail, width: number): string[] => {
  const open = project.questions.filter(({ status }) => status === 'open')
  if (open.length === 0) return []
  return [
    '',
    'waits for a person',
    ...open.flatMap((question) => {
      const held =
        question.itemIds.length === 0
          ? 'the whole project waits'
          : `${question.itemIds.map(getShortId).slice(0, 4).join(', ')} wait${question.itemIds.length === 1 ? 's' : ''} for it`
      const due =
        question.deadlineAt === null || question.policy === 'wait'
          ? ''
          : `; ${question.policy === 'decide' ? 'decided' : 'told again'} ${getAheadText(question.deadlineAt)}`
      return [
        wrap(`${getQuestionRef(question.id)}  ${question.text}`, width, '  '),
        wrap(`${held}${due}; default: ${question.defaultAnswer.replace(/[.]$/u, '')}`, width, '    '),
        `    ${getDecisionCommand(question)}`,
      ]
    }),
  ]
}

const layOutItems = (head: string, items: readonly ItemView[], note: (item: ItemView) => string): string[] =>
  items.length === 0
    ? []
    : [
        '',
        head,
        ...items.map((item) =>
          [`  ${getShortId(item.id)}  ${clip(item.title, 60)}`, clip(note(item), 80)]
            .filter((part) => part !== '')
            .join('  '),
        ),
      ]

/** Items that say what a project is about at this moment. */
export type Standing = {
  readonly atWork: readonly ItemView[]
  readonly blocked: readonly ItemView[]
  readonly failed: readonly ItemView[]
  readonly ready: readonly ItemView[]
}

/** A project: how far it is, who works on what, and what waits for whom. */
export const layOutProject = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  project: ProjectDetail,
  standing: Standing,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const { failureMessage, uploads, parameters } = project
  const facts = [
    ['project', project.id],
    [
      'status',
      `${getStanding(project)}, ${getTimes(project)}${failureMessage === null ? '' : `: ${clip(failureMessage, 200)}`}`,
    ],
    [
      'items',
      `${project.doneItems} of ${project.totalItems} done (${Math.round(project.completionPercent)} %): ${layOutLeaves(project)}`,
    ],
    [
      'template',
      `${project.template ?? 'none'}, ${project.mode} clarification, ${project.dispatch} dispatch`,
    ],
    ...(uploads.length === 0
      ? []
      : [['records', uploads.map(({ name, rows }) => `${clip(name, 60)} (${rows} rows)`).join(', ')]]),
    ...(Object.keys(parameters).length === 0
      ? []
      : [
          [
            'parameters',
            Object.entries(parameters)
              .map(([name, value]) => `${name}=${clean(String(value))}`)
              .join(' '),
          ],
        ]),
    ...(project.assumptions === 0
      ? []
      : [
          [
            'assumed',
            `${project.assumptions} ${project.assumptions === 1 ? 'answer' : 'answers'} nobody gave`,
          ],
        ]),
  ]
  const next =
    project.reportDigest !== null
      ? `./ropewalk project report ${getShortId(project.id)}`
      : project.status === 'paused'
        ? `./ropewalk project resume ${getShortId(project.id)}`
        : undefined
  return [
    of.paint('bold', clip(project.name, width)),
    makeTable(facts.map(([name = '', value = '']) => [`  ${name}`, clip(value, 300)])),
    ...layOutQuestions(project, width),
    ...layOutItems('at work', standing.atWork, ({ capability }) => capability ?? ''),
    ...layOutItems('ready, wait for a worker', standing.ready, ({ capability }) =>
      capability === null ? 'done by people: ./ropewalk backlog review ITEM approve --why "…"' : capability,
    ),
    ...layOutItems('blocked', standing.blocked, ({ blockedReason }) => blockedReason ?? ''),
    ...layOutItems('failed', standing.failed, ({ failureMessage: why }) => why ?? ''),
    ...(next === undefined ? [] : ['', `next: ${next}`]),
  ].join('\n')
}
