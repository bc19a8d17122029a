import type { AmbiguitySettings } from '@ropewalk/core/contract/ambiguity'
import type { StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import type { Upload } from '@ropewalk/core/contract/item'
import { Records } from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import { ProjectId, type WorkspaceId } from '@ropewalk/core/ids'
import { pickTemplate } from '@ropewalk/core/project/planning/plan-backlog'
import { prepareProject } from '@ropewalk/core/project/planning/prepare-project'
import type { Config } from '../../config.ts'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import type { PinnedTemplate } from '../playbook/load-backlogs.ts'
import { makeId } from '../runs/make-id.ts'
import { checkParameters } from './check-parameters.ts'

/** The phase under which the limit for requests of projects is set. */
const PHASE = 'intake'

/** A question waits this long for a person when nobody set a deadline. */
const DEFAULT_DEADLINE_SECONDS = 600
const MIN_DEADLINE_MS = 1000

/** As many as one command takes; the weightiest come first. */
const MAX_HITS = 50
const MAX_QUESTIONS = 20

/** What starting a project rests on beside the request. */
export type ProjectSources = {
  readonly engine: Pick<Engine, 'blobs' | 'submit'>
  readonly config: Pick<Config, 'clarification' | 'questionDeadlineSeconds'>
  readonly templates: readonly PinnedTemplate[]
  /** Undefined: as it is built in. */
  readonly ambiguity?: AmbiguitySettings | undefined
}

const getName = ({ name, request }: StartProjectRequest): string => {
  const line = (name?.trim() || request.trim()).split(/\r?\n/u)[0] ?? ''
  return line.length <= 160 ? line : `${line.slice(0, 159).trimEnd().toWellFormed()}…`
}

const readRecords = async (
  { blobs }: Pick<Engine, 'blobs'>,
  workspaceId: WorkspaceId,
  { recordsDigest, name }: Upload,
): Promise<Records> => {
  const bytes = await blobs.read(workspaceId, recordsDigest)
  try {
    return Records.parse(JSON.parse(bytes.toString('utf8')))
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', `The records of ${name} are not what an upload gave.`, {
      details: { recordsDigest },
      cause: error,
    })
  }
}

/** Throws INVALID_ARGUMENT unless an upload is what it says: both blobs are there, of one file, with so many rows. */
const checkUpload = async (
  engine: Pick<Engine, 'blobs'>,
  workspaceId: WorkspaceId,
  upload: Upload,
): Promise<void> => {
  const { blobs } = engine
  const { digest, recordsDigest, rows, name } = upload
  const isThere = (await blobs.has(workspaceId, digest)) && (await blobs.has(workspaceId, recordsDigest))
  if (!isThere)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${name} was never uploaded, or too long ago; upload it first.`,
      {
        details: { digest, recordsDigest },
      },
    )
  const records = await readRecords(engine, workspaceId, upload)
  if (records.source.digest === digest && records.rows.length === rows) return
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `The records of ${name} are of another file or have ${records.rows.length} rows, not ${rows}; take what the upload answered.`,
    { details: { digest, recordsDigest } },
  )
}

/** The template that is asked for, or that fits. Throws NOT_FOUND for one that is not there. */
const findTemplate = (
  templates: readonly PinnedTemplate[],
  { template: name, request, uploads }: StartProjectRequest,
): PinnedTemplate | undefined => {
  if (name === null) return undefined
  const all = templates.map(({ template }) => template)
  const picked =
    name === undefined ? pickTemplate(all, request, uploads) : all.find((template) => template.name === name)
  if (picked === undefined && name !== undefined) {
    const names = all.map((template) => template.name).join(', ')
    throw new RopewalkError('NOT_FOUND', `There is no template ${name}; there are: ${names || 'none'}.`)
  }
  return templates.find(({ template }) => template === picked)
}

/**
 * Starts a project: reads parameters out of the request's words, plans its backlog by a template, and asks what is
 * unclear. Answers `{ projectId, itemIds, keys, questionIds, version }`. Durable when it returns; safe to
 * repeat with an idempotency key. Throws INVALID_ARGUMENT, NOT_FOUND for a template that is not there, and CONFLICT
 * for a `projectId` that is taken.
 */
export const startProject = async (
  { engine, config, templates, ambiguity }: ProjectSources,
  of: {
    readonly workspaceId: WorkspaceId
    readonly request: StartProjectRequest
    /** Undefined: a new one. */
    readonly projectId?: ProjectId | undefined
  },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, request } = of
  if (request.request.trim() === '')
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a request in words.')
  for (const upload of request.uploads) await checkUpload(engine, workspaceId, upload)
  const picked = findTemplate(templates, request)
  checkParameters(picked?.template, request.parameters)
  const { items, parameters, hits, questions } = prepareProject({
    request: request.request,
    template: picked?.template,
    parameters: request.parameters,
    uploads: request.uploads,
    items: request.items,
    phase: PHASE,
    ...(ambiguity === undefined ? {} : { settings: ambiguity }),
  })
  const seconds =
    request.questionDeadlineSeconds ?? config.questionDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS
  return engine.submit(
    {
      type: 'StartProject',
      workspaceId,
      projectId: of.projectId ?? ProjectId.parse(makeId()),
      name: getName(request),
      request: request.request,
      mode: request.clarification ?? config.clarification,
      dispatch: request.dispatch,
      template: picked?.template.name ?? null,
      templateHash: picked?.hash ?? null,
      parameters,
      uploads: request.uploads,
      items: [...items],
      hits: hits.slice(0, MAX_HITS),
      questions: questions.slice(0, MAX_QUESTIONS),
      questionDeadlineMs: Math.max(MIN_DEADLINE_MS, Math.round(seconds * 1000)),
    },
    options,
  )
}
