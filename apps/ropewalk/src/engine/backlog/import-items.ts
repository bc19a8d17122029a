import { sha256 } from '@ropewalk/core/canonical'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { UserStories } from '@ropewalk/core/contract/documents/prd'
import { ItemDraft } from '@ropewalk/core/contract/item'
import { RopewalkError } from '@ropewalk/core/errors'
import type { ProjectId, RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import type { ItemRow } from './contract.ts'
import { listAll } from './list-all.ts'

/** As many as one command takes. */
const MAX_DRAFTS = 500

const Drafts = z.array(ItemDraft).min(1).max(MAX_DRAFTS)

type On = { readonly workspaceId: WorkspaceId; readonly projectId: ProjectId }
type ImportEngine = Pick<
  Engine,
  'addItems' | 'blobs' | 'listArtifacts' | 'listItems' | 'listTasks' | 'readProject' | 'readRun'
>

const parseText = (format: 'json' | 'yaml', content: string): unknown => {
  try {
    return format === 'json'
      ? (JSON.parse(content) as unknown)
      : parse(content, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    const what = error instanceof Error ? error.message.split('\n')[0] : 'it cannot be read'
    throw new RopewalkError('INVALID_ARGUMENT', `The content is not ${format.toUpperCase()}: ${what}`, {
      cause: error,
    })
  }
}

/** Drafts of items in JSON or YAML: a list, or a mapping with `items`. Throws INVALID_ARGUMENT with each place. */
export const parseDrafts = (format: 'json' | 'yaml', content: string): readonly ItemDraft[] => {
  const value = parseText(format, content)
  const contract = Array.isArray(value) ? Drafts : z.strictObject({ items: Drafts })
  const parsed = contract.safeParse(value)
  if (parsed.success) return Array.isArray(parsed.data) ? parsed.data : parsed.data.items
  const issues = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({
    in: 'body',
    pointer: `/content${path.map((key) => `/${String(key)}`).join('')}`,
    message,
  }))
  const [first] = issues
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `The items break their contract at ${first?.pointer ?? '/content'}: ${first?.message ?? 'not valid'}.`,
    { details: { issues } },
  )
}

const listOf = async (engine: ImportEngine, { workspaceId, projectId }: On): Promise<ItemRow[]> =>
  listAll((page) => engine.listItems(workspaceId, { ...page, projectId }))

/**
 * Adds what is new. Imports of one thing that run side by side have read the same version of the project, so
 * that they share a key and the later one is given the answer of the first.
 */
const addNew = async (
  engine: ImportEngine,
  on: On & { readonly of: string; readonly version: number; readonly items: readonly ItemDraft[] },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, projectId, of, version, items } = on
  if (items.length === 0) return { itemIds: [], keys: {}, version }
  const key = {
    route: `IMPORT ${projectId}`,
    key: sha256(`${of}/${version}`),
    bodyDigest: sha256(JSON.stringify(items)),
  }
  return engine.addItems(
    { workspaceId, projectId, items, source: 'import', of },
    { ...options, idempotency: options.idempotency ?? key },
  )
}

/**
 * Adds the items of a document. A document that was imported before, and whose items were not deleted since,
 * adds none. Answers `{ itemIds, keys, version }`. Throws INVALID_ARGUMENT with each place, NOT_FOUND.
 */
export const importDocument = async (
  engine: ImportEngine,
  request: On & { readonly format: 'json' | 'yaml'; readonly content: string },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, projectId, format, content } = request
  const items = parseDrafts(format, content)
  const of = `file ${sha256(content)}`
  const { project } = await engine.readProject(workspaceId, projectId)
  const there = await listOf(engine, request)
  const isThere = there.some(({ provenance }) => provenance.of === of)
  return addNew(
    engine,
    { workspaceId, projectId, of, version: project.version, items: isThere ? [] : items },
    options,
  )
}

const readStories = async (
  engine: ImportEngine,
  workspaceId: WorkspaceId,
  runId: RunId,
): Promise<UserStories['stories']> => {
  const all = await listAll((page) => engine.listArtifacts(workspaceId, runId, page))
  const newest = all.reduce<Artifact | undefined>(
    (best, one) =>
      one.name === 'UserStories' && (best === undefined || one.version > best.version) ? one : best,
    undefined,
  )
  if (newest === undefined) {
    await engine.readRun(workspaceId, runId)
    throw new RopewalkError('CONFLICT', 'The run has no stories yet: its document UserStories is not there.')
  }
  const bytes = await engine.blobs.read(workspaceId, newest.digest)
  const contract = findDocumentContract('UserStories') ?? UserStories
  return UserStories.parse(contract.parse(JSON.parse(bytes.toString('utf8')))).stories
}

const LOOP = 'story-loop'

/** The task that says of stories whether they are done: the newest of the loop that ends with such a document. */
const findStoryTask = async (
  engine: ImportEngine,
  workspaceId: WorkspaceId,
  runId: RunId,
): Promise<TaskId | null> => {
  const tasks = await listAll((page) => engine.listTasks(workspaceId, runId, page))
  const ofLoop = tasks.filter(({ phase, kind }) => phase === LOOP && kind !== 'guard')
  const judging = ofLoop.filter(({ spec }) => spec.output === 'StoryProgress')
  return (judging.at(-1) ?? ofLoop.at(-1))?.id ?? null
}

const clip = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`

/**
 * Adds an item for each story of a run that has none in the project yet; each points at the task of the run
 * that settles it, or at the run. Answers `{ itemIds, keys, version }`. Throws NOT_FOUND, CONFLICT without stories.
 */
export const importRun = async (
  engine: ImportEngine,
  request: On & { readonly runId: RunId },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, projectId, runId } = request
  const { project } = await engine.readProject(workspaceId, projectId)
  const stories = await readStories(engine, workspaceId, runId)
  const there = await listOf(engine, request)
  const known = new Set(
    there.filter(({ runRef }) => runRef?.runId === runId).flatMap(({ labels }) => [...labels]),
  )
  const taskId = await findStoryTask(engine, workspaceId, runId)
  const items = stories
    .filter(({ id }) => !known.has(id))
    .map((story) =>
      ItemDraft.parse({
        kind: 'story',
        title: clip(`${story.id}: ${story.want}`, 200),
        description: clip(
          [
            `As ${story.as}, I want ${story.want}, so that ${story.so_that}`,
            ...story.acceptance.map((line) => `- ${line}`),
            `Requirements: ${story.requirements.join(', ')}`,
          ].join('\n'),
          4000,
        ),
        labels: [story.id],
        runRef: { runId, taskId },
      }),
    )
  return addNew(
    engine,
    { workspaceId, projectId, of: `run ${runId}`, version: project.version, items },
    options,
  )
}
