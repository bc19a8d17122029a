import {
  InitProjectRequest,
  OldAnswerRequest,
  OldAnswerTaken,
  OldLogList,
  OldLogQuery,
  OldProjectStatus,
  OldQuestionList,
  OldQuestionQuery,
  ProjectInitialised,
  type OldQuestion,
} from '@ropewalk/core/contract/api/compat-a'
import { StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import type { Upload } from '@ropewalk/core/contract/item'
import { ProjectId, type WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectQuestion, ProjectStatus } from '@ropewalk/core/project/state'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { answerQuestion } from '../../engine/backlog/answer-question.ts'
import { startProject } from '../../engine/backlog/start-project.ts'
import type { EventView } from '../../engine/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { getProgress } from '../../engine/views/backlog-view.ts'
import { ProjectParams } from './item-routes.ts'
import { keepFile } from './upload-routes.ts'

/** The names of row AX-41; those that it does not know are written the same way. */
const getState = (status: ProjectStatus): string => status.toUpperCase()

const keepCsv = async (
  context: HttpContext,
  workspaceId: WorkspaceId,
  { csv, name }: { readonly csv: string; readonly name: string },
): Promise<Upload> => {
  const kept = await keepFile(context, workspaceId, { name, bytes: Buffer.from(csv) })
  const { digest, recordsDigest, rows } = kept
  return { name: kept.name, digest, recordsDigest, rows }
}

const addProjectRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine, config, pinned } = context
  addRoute(app, {
    method: 'POST',
    path: '/api/project/init',
    name: 'initProject',
    about:
      'System A: starts a project for a request, with the text of a CSV file of records where there is one.',
    body: InitProjectRequest,
    answer: ProjectInitialised,
    handle: async ({ body, caller, options }) => {
      const { workspaceId } = caller
      const { csv, csv_name: name, hourly_rate: hourlyRate } = body
      const uploads = csv === undefined ? [] : [await keepCsv(context, workspaceId, { csv, name })]
      const request = StartProjectRequest.parse({
        request: body.request_text,
        uploads,
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.clarification_mode === undefined ? {} : { clarification: body.clarification_mode }),
        ...(typeof hourlyRate === 'number' ? { parameters: { hourlyRate } } : {}),
      })
      const { projectId } = await startProject(
        { engine, config, templates: pinned.templates ?? [], ambiguity: pinned.ambiguity },
        { workspaceId, request },
        options,
      )
      const id = ProjectId.parse(projectId)
      const { project } = await engine.readProject(workspaceId, id)
      return { project_id: id, state: getState(project.status) }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/api/project/:id/status',
    name: 'readProjectStatus',
    about: 'System A: how far a project is.',
    params: ProjectParams,
    answer: OldProjectStatus,
    handle: async ({ params, caller }) => {
      const { project } = await engine.readProject(caller.workspaceId, params.id)
      const { totalItems, completionPercent } = getProgress(project)
      return {
        project_id: project.id,
        state: getState(project.status),
        completion_percentage: completionPercent,
        blocked_items: project.leaves.blocked ?? 0,
        total_items: totalItems,
      }
    },
  })
}

const toOldQuestion = (question: ProjectQuestion): OldQuestion => ({
  question_id: question.id,
  project_id: question.projectId,
  backlog_item_ids: [...question.itemIds],
  question: question.text,
  fields: [...question.fields],
  default_answer: question.defaultAnswer,
  status: question.status === 'open' ? 'open' : 'answered',
  answer: question.answer,
  created_at: question.createdAt,
  answered_at: question.decidedAt,
})

const addQuestionRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/api/questions',
    name: 'listOldQuestions',
    about: 'System A: questions of projects, the open ones unless status says otherwise.',
    query: OldQuestionQuery,
    answer: OldQuestionList,
    handle: async ({ query, caller }) => {
      const page = await engine.listAllQuestions(caller.workspaceId, {
        limit: query.limit,
        cursor: query.cursor,
        projectId: query.project_id,
        ...(query.status === 'open' ? { status: 'open' } : {}),
      })
      const ofProjects = page.items.flatMap((one) =>
        one.owner === 'project' && one.question.kind === 'question' ? [one.question] : [],
      )
      const wanted = ofProjects.filter(({ status }) => query.status !== 'answered' || status !== 'open')
      return { questions: wanted.map(toOldQuestion), next_cursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/api/questions/answer',
    name: 'answerOldQuestion',
    about: 'System A: answers a question of a project.',
    body: OldAnswerRequest,
    answer: OldAnswerTaken,
    handle: async ({ body, caller, options }) => {
      const { question_id: questionId, answer, values } = body
      await answerQuestion(
        engine,
        { workspaceId: caller.workspaceId, questionId, answer, values: values ?? null },
        options,
      )
      return { question_id: questionId, status: 'answered' as const }
    },
  })
}

/** Entries that one request looks at; what the filters leave is told by `next_after`. */
const LOOK = 1000
const LOOKS = 5

const MAX_LINE = 400

const toLine = ({ at, type, by, data }: EventView): string =>
  `${at} ${type} by ${by.id} ${JSON.stringify(data)}`.slice(0, MAX_LINE).toWellFormed()

const addLogRoute = (app: FastifyInstance, { engine }: HttpContext): void => {
  type Query = z.output<typeof OldLogQuery>
  const isWanted = (event: EventView, { type, q }: Query): boolean =>
    (type === undefined || event.type.startsWith(type)) &&
    (q === undefined || toLine(event).toLowerCase().includes(q.toLowerCase()))

  const find = async (workspaceId: WorkspaceId, query: Query) => {
    const found: EventView[] = []
    let after = query.after
    const limit = query.type === undefined && query.q === undefined ? query.limit : LOOK
    for (let look = 0; look < LOOKS && found.length < query.limit; look += 1) {
      const events = await engine.listEvents(workspaceId, { after, limit, stream: query.project_id })
      for (const event of events) {
        if (found.length === query.limit) return { found, after }
        after = event.position
        if (isWanted(event, query)) found.push(event)
      }
      if (events.length < limit) break
    }
    return { found, after }
  }

  addRoute(app, {
    method: 'GET',
    path: '/api/logs',
    name: 'listOldLogs',
    about:
      'System A: what happened, from the ledger, by project, type or words; as JSON or as lines of text.',
    query: OldLogQuery,
    answer: z.union([OldLogList, z.string()]),
    handle: async ({ query, caller, reply }) => {
      const { found, after } = await find(caller.workspaceId, query)
      if (query.format === 'text') {
        void reply.type('text/plain; charset=utf-8').header('x-next-after', String(after))
        return found.map((event) => `${toLine(event)}\n`).join('')
      }
      const logs = found.map((event) => ({
        position: event.position,
        timestamp: event.at,
        project_id: ProjectId.safeParse(event.stream).success ? event.stream : null,
        type: event.type,
        by: event.by.id,
        line: toLine(event),
      }))
      return { logs, next_after: after }
    },
  })
}

/** The surface of system A's web page (row AX-40), over the same projects. See docs/compatibility.md. */
export const addCompatARoutes = (app: FastifyInstance, context: HttpContext): void => {
  addProjectRoutes(app, context)
  addQuestionRoutes(app, context)
  addLogRoute(app, context)
}
