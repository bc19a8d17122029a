import { randomUUID } from 'node:crypto'
import { showNumber } from '@ropewalk/core/analysis/facts'
import { FinalReportContent } from '@ropewalk/core/analysis/final-report-content'
import { showFigure } from '@ropewalk/core/analysis/report-figures'
import type { ReportView, StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import type { Upload } from '@ropewalk/core/contract/item'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { getQuestionRef, getShortId } from '@ropewalk/core/short-id'
import { isTerminalProject } from '@ropewalk/core/project/state'
import type { z } from 'zod'
import type { Config } from '../../config.ts'
import type { Api } from '../api.ts'
import { resolveProjectId } from '../backlog-ref.ts'
import { connectToLive } from '../connect.ts'
import type { Interrupt } from '../interrupts.ts'
import { readParameters } from '../parameters.ts'
import { getProjectExit } from '../project-text.ts'
import { getDecisionCommand } from '../question-text.ts'
import type { Session } from '../session.ts'
import { canAsk, readSettings, type CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, wrap, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { watchProject, type WatchedProject } from '../watch-project.ts'
import { readTable } from './backlog.ts'
import { inForeground } from './run.ts'

export type ProjectStartFlags = CommonFlags & {
  readonly file?: readonly string[]
  readonly name?: string
  readonly template?: string
  readonly param?: readonly string[]
  readonly clarification?: 'autonomous' | 'hybrid' | 'human'
  readonly deadline?: number
  readonly manual?: boolean
  readonly detach?: boolean
}

type Table = ReturnType<typeof readTable>
type Asked = { readonly request: z.input<typeof StartProjectRequest>; readonly tables: readonly Table[] }

const makeAsked = (
  terminal: Terminal,
  config: Config,
  of: { readonly words: readonly string[]; readonly flags: ProjectStartFlags },
): Asked => {
  const { flags } = of
  const request = of.words.join(' ').trim()
  if (request === '') {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'no request was given',
      why: 'a project does what somebody asks for, in words',
      next: './ropewalk project start "reduce the time the team loses on invoices" --file data.csv',
      exit: EXIT.usage,
    })
  }
  const given = {
    name: flags.name,
    template: flags.template === 'none' ? null : flags.template,
    questionDeadlineSeconds: flags.deadline ?? config.questionDeadlineSeconds,
  }
  return {
    request: {
      request,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      clarification: config.clarification,
      dispatch: flags.manual === true ? 'manual' : 'auto',
      parameters: readParameters(flags.param ?? []),
    },
    tables: (flags.file ?? []).map((file) => readTable(terminal.cwd, file)),
  }
}

type Call = <T>(request: (api: Api) => Promise<T>) => Promise<T>

const MAX_WARNINGS = 5

/** Sends the tables first, so that what cannot be read is told before anything is begun. */
const upload = async (terminal: Terminal, call: Call, tables: readonly Table[], isQuiet: boolean) => {
  const uploads: Upload[] = []
  for (const { name, bytes } of tables) {
    const read = await call((api) => api.uploadRecords(name, bytes))
    const { digest, recordsDigest, rows } = read
    uploads.push({ name: read.name, digest, recordsDigest, rows })
    if (isQuiet) continue
    const columns = read.columns
      .filter(({ role }) => role !== 'other')
      .map(({ name: column, role, unit }) => `${column} is ${role}${unit === undefined ? '' : ` in ${unit}`}`)
    const width = Math.min(terminal.stderr.columns ?? 100, 100) - 1
    terminal.say(wrap([`${read.name}: ${rows} rows`, ...columns].join(', '), width, ''))
    if (read.guessed > 0)
      terminal.say(
        `  the duration of ${read.guessed === 1 ? 'one row' : `${read.guessed} rows`} is guessed, and marked so`,
      )
    for (const { row, column, message } of read.warnings.slice(0, MAX_WARNINGS)) {
      const where = [column, row === undefined ? undefined : `row ${row}`].filter(
        (part) => part !== undefined,
      )
      const said = `! ${where.length === 0 ? '' : `${clip(where.join(', '), 60)}: `}${clip(message, 160)}`
      terminal.say(wrap(said, width, '  '))
    }
    const more = read.warningCount - MAX_WARNINGS
    if (more > 0) terminal.say(`  and ${more} more ${more === 1 ? 'warning' : 'warnings'}`)
  }
  return uploads
}

const begin = async (terminal: Terminal, call: Call, asked: Asked, isQuiet: boolean): Promise<string> => {
  const uploads = await upload(terminal, call, asked.tables, isQuiet)
  const key = randomUUID()
  const { projectId } = await withNext('See what there is: ./ropewalk project templates', () =>
    call((api) => api.startProject({ ...asked.request, uploads }, key)),
  )
  if (isQuiet) terminal.out(JSON.stringify({ type: 'project', projectId }))
  return projectId
}

const startDetached = async (
  terminal: Terminal,
  home: string,
  of: { readonly asked: Asked; readonly flags: ProjectStartFlags },
): Promise<number> => {
  const api = await connectToLive(home)
  const isQuiet = of.flags.json === true
  const projectId = await begin(terminal, (request) => request(api), of.asked, isQuiet)
  if (!isQuiet) terminal.out(projectId)
  terminal.say(`Started. Look at it with: ./ropewalk project status ${getShortId(projectId)}`)
  return EXIT.ok
}

/** The last line of `project start --json` and `project resume --json`. */
type ProjectResult = {
  readonly type: 'result'
  readonly projectId: string
  readonly status: string
  readonly completionPercent: number
  readonly totals: Readonly<Record<string, number>> | null
  readonly report: string | null
  readonly openQuestions: readonly string[]
}

const makeResult = ({ project }: WatchedProject, report: ReportView | undefined): ProjectResult => ({
  type: 'result',
  projectId: project.id,
  status: project.status,
  completionPercent: project.completionPercent,
  totals: report?.totals ?? null,
  report: report === undefined ? null : `/v1/projects/${project.id}/report`,
  openQuestions: project.questions.filter(({ status }) => status === 'open').map(({ id }) => id),
})

/** The figures of a report as people read them; a report of another make has its totals by their names. */
const listFigures = ({ body, totals }: Pick<ReportView, 'body' | 'totals'>): string[][] => {
  const read = DeliverableBody.safeParse(body)
  const content = FinalReportContent.safeParse(read.data?.content)
  return content.success
    ? content.data.figures.map((figure) => [figure.label, showFigure(figure, content.data.currency)])
    : Object.entries(totals).map(([name, value]) => [name, showNumber(value)])
}

const printResult = (
  terminal: Terminal,
  { project }: WatchedProject,
  report: ReportView | undefined,
): void => {
  const short = getShortId(project.id)
  const totals = (report === undefined ? [] : listFigures(report)).map(([label = '', value = '']) => [
    `  ${clip(label, 60)}`,
    clean(value),
  ])
  terminal.out(
    [
      '',
      clip(project.name, 100),
      `  ${project.status.replace('_', ' ')}: ${project.doneItems} of ${project.totalItems} items done${project.failedItems > 0 ? `, ${project.failedItems} failed` : ''}`,
      ...(project.failureMessage === null ? [] : [`  ${clip(project.failureMessage, 200)}`]),
      ...(project.assumptions === 0
        ? []
        : [
            `  ${project.assumptions} ${project.assumptions === 1 ? 'answer was' : 'answers were'} assumed; the report names them`,
          ]),
      ...(totals.length === 0 ? [] : ['', makeTable(totals)]),
      '',
      ...(report === undefined ? [] : [`  report   ./ropewalk project report ${short}`]),
      `  project  ${project.id}`,
    ].join('\n'),
  )
}

/** What a person can do about a project that goes on only with their word. */
const sayHowToGoOn = (terminal: Terminal, { project, byHand }: WatchedProject, isOwn: boolean): void => {
  const short = getShortId(project.id)
  const open = project.questions.filter(({ status }) => status === 'open')
  if (project.status === 'paused') terminal.say('The project is paused.')
  else if (project.totalItems === 0)
    terminal.say(`The project has no items yet: ./ropewalk backlog add "…" --project ${short}`)
  else if (open.length > 0) terminal.say('The project waits for a person:')
  for (const question of open)
    terminal.say(
      `  ${getQuestionRef(question.id)}  ${clip(question.text, 100)}\n    ${getDecisionCommand(question)}`,
    )
  if (byHand.length > 0) {
    terminal.say(project.dispatch === 'manual' ? 'Ready, to be given out by hand:' : 'Left for people to do:')
    for (const { id, title } of byHand) terminal.say(`  ${getShortId(id)}  ${clip(title, 100)}`)
    terminal.say(
      project.dispatch === 'manual'
        ? `  next: ./ropewalk backlog dispatch --ready --project ${short}`
        : '  next: ./ropewalk backlog review ITEM approve --why "what was done"',
    )
  } else if (open.length === 0 && project.status === 'awaiting_input')
    terminal.say(`Nothing goes on before something is changed: ./ropewalk project status ${short}`)
  if (isOwn || project.status === 'paused') terminal.say(`  then: ./ropewalk project resume ${short}`)
}

type Follow = {
  readonly terminal: Terminal
  readonly session: Session
  readonly interrupt: Interrupt
  readonly flags: CommonFlags
  readonly isOld: boolean
}

/** How long what follows the end of a project, the signature under its history, is waited for. */
const SETTLE_MS = 300

/** Follows a project to its report, or to where a person is needed. Gives the exit code. */
const followToEnd = async (of: Follow, projectId: string): Promise<number> => {
  const { terminal, session, interrupt, flags } = of
  const watched = await watchProject({
    terminal,
    session,
    projectId,
    isJson: flags.json === true,
    mayAsk: canAsk(terminal, flags),
    isOld: of.isOld,
    signal: interrupt.signal,
  })
  const { project, outcome } = watched
  if (outcome === 'interrupted') {
    terminal.say(
      session.isOwn()
        ? `\nThe project is kept; what was done stays done. Go on with: ./ropewalk project resume ${getShortId(projectId)}`
        : `\nThe project goes on in the server of this home: ./ropewalk project status ${getShortId(projectId)}`,
    )
    return EXIT.interrupted
  }
  const report =
    project.reportDigest === null ? undefined : await session.call((api) => api.readReport(projectId))
  if (flags.json === true) terminal.out(JSON.stringify(makeResult(watched, report)))
  else printResult(terminal, watched, report)
  if (outcome === 'waits') sayHowToGoOn(terminal, watched, session.isOwn())
  else if (session.isOwn()) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return outcome === 'waits' ? EXIT.awaitingHuman : getProjectExit(project)
}

/** Starts a project from a request and its tables, and follows it to its report. */
export const start = async (
  terminal: Terminal,
  words: readonly string[],
  flags: ProjectStartFlags,
): Promise<number> => {
  const config = await readSettings(terminal, flags, { clarification: flags.clarification })
  const asked = makeAsked(terminal, config, { words, flags })
  if (flags.detach === true) return startDetached(terminal, config.home, { asked, flags })
  const isQuiet = flags.json === true
  return inForeground(terminal, config, async (session, interrupt) => {
    const projectId = await begin(terminal, session.call, asked, isQuiet)
    if (!isQuiet) terminal.say(`\nproject ${projectId}`)
    return followToEnd({ terminal, session, interrupt, flags, isOld: false }, projectId)
  })
}

/** Takes a project up again where it stands: resumes a paused one, and follows it to its end. */
export const resume = async (
  terminal: Terminal,
  reference: string,
  flags: CommonFlags & { readonly detach?: boolean },
): Promise<number> => {
  const config = await readSettings(terminal, flags)
  const goOn = async (call: Call): Promise<string> => {
    const projectId = await call((api) => resolveProjectId(api, reference))
    const project = await withNext('See what there is: ./ropewalk project list', () =>
      call((api) => api.readProject(projectId)),
    )
    if (project.status === 'paused') await call((api) => api.changeProject(projectId, { signal: 'resume' }))
    else if (isTerminalProject(project.status))
      terminal.say(`The project has ended: it is ${project.status}.`)
    return projectId
  }
  if (flags.detach === true) {
    const api = await connectToLive(config.home)
    const projectId = await goOn((request) => request(api))
    if (flags.json === true) terminal.out(JSON.stringify({ type: 'project', projectId }))
    else terminal.say(`resumed: ${projectId}`)
    return EXIT.ok
  }
  return inForeground(terminal, config, async (session, interrupt) => {
    const projectId = await goOn(session.call)
    return followToEnd({ terminal, session, interrupt, flags, isOld: true }, projectId)
  })
}
