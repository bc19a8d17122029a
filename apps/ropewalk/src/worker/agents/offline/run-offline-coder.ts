import { BUNDLE_MEDIA_TYPE } from '@ropewalk/core/contract/artifact'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { hasCode } from '@ropewalk/core/errors'
import type { AgentJob, AgentResult } from '../../agent-runtime.ts'
import { walkWorktree } from '../tools/walk-worktree.ts'
import { readTextFile, removeFile, writeTextFile } from '../tools/worktree-path.ts'
import { getIdea, findInput, makeOfflineError, readInput } from './documents/inputs.ts'
import { NOTE_PATH, readRequest } from './foreign-repository.ts'
import { REPRODUCTION_PATH } from './reproduction.ts'
import { readBlueprint } from './service/blueprint.ts'
import { writeStyle } from './service/theme/write-style.ts'
import { getTurns, type Turn } from './service/turns.ts'
import { getManifest, MARKER_PATH, parseMarker, writeRecords, type Marker } from './service/marker.ts'
import { listKept, STYLE_PATH, writeRepository, type Plan } from './service/write-repository.ts'
import { OFFLINE_MAKER } from './version.ts'

/**
 * Writes a coder's part of a web service and its tests into the job's worktree, by rules alone, from the
 * requirements as they stand: which part, the agent's name says. Requirements that no rule knows get neither
 * code nor test; README and log name them. It writes only what differs from what the documents ask for, and
 * removes only files of its own. In a repository of somebody else it changes no file and leaves a note.
 * Throws AgentError of class `fatal` without a worktree, without the documents that its part needs, and on
 * code that a model wrote earlier in the run.
 */
export const runOfflineCoder = async (job: AgentJob): Promise<AgentResult> => {
  const { worktree } = job
  if (worktree === null) throw makeOfflineError('The offline coder needs a worktree, and this task has none.')
  const base = await readBase(job, worktree.dir)
  if (base === 'foreign') return addNote(job, worktree.dir)
  const { target, fix } = job.task.spec
  const turns = getTurns(target, base.turns, fix !== null)
  const work = needsStyleAlone(job, base, turns) ? restyle(job, base, turns) : rebuild(job, base, turns)
  const written = await writeChanged(job, worktree.dir, work.files)
  for (const path of work.removed) await removeFile(worktree.dir, path)
  const changed = [...written, ...work.removed]
  job.log(
    'note',
    `wrote ${String(written.length)} of ${String(work.files.size)} files by rules; no model was called`,
  )
  for (const note of work.notes) job.log('note', note)
  if (fix !== null && changed.length === 0)
    job.log('note', `nothing differs from the requirements, so no rule mends: ${fix.reasons.join(' ')}`)
  return handIn(job, {
    manifest: getManifest(work.marker.files, work.marker.turns),
    message:
      fix === null
        ? `${MESSAGES[target] ?? 'Build'} ${work.title}`
        : `Mend ${changed.join(', ') || 'nothing'}`,
  })
}

/** What each coder says of its commit. */
const MESSAGES: Readonly<Partial<Record<string, string>>> = {
  database: 'Store the records of',
  backend: 'Serve the urgent requirements of',
  frontend: 'Show the page of',
  integration: 'Start and describe',
  test: 'Test the requirements of',
  'story-implementer': 'Build the remaining stories of',
  'story-tester': 'Test the stories of',
  responsive: 'Style the page of',
}

/** What is to be in the worktree, what no longer, and what there is to say about it. */
type Work = {
  readonly files: ReadonlyMap<string, string>
  readonly removed: readonly string[]
  readonly marker: Marker
  readonly notes: readonly string[]
  readonly title: string
}

const rebuild = (job: AgentJob, base: Marker, turns: readonly Turn[]): Work => {
  const { target } = job.task.spec
  const blueprint = readBlueprint(readInput(job, 'PRD'), getIdea(job))
  const plan: Plan = {
    blueprint,
    turns,
    stories: target === 'story-tester' ? readInput(job, 'UserStories') : findInput(job, 'UserStories'),
    style: target === 'responsive' ? makeStyle(job) : findStyle(job),
  }
  const kept = listKept(plan, base.files)
  const { files, marker, open } = writeRepository(plan, kept)
  return {
    files,
    marker,
    removed: base.files.filter((path) => !marker.files.includes(path)),
    notes: [
      ...blueprint.gaps.map(({ id, title }) => `${id} (${title}) is not built: no rule knows it`),
      ...[...blueprint.untested, ...open].map(({ id, text }) => `${id}: no test was made for "${text}"`),
    ],
    title: blueprint.title,
  }
}

/** Who gives the page its style needs no requirements for it. */
const needsStyleAlone = (job: AgentJob, base: Marker, turns: readonly Turn[]): boolean =>
  findInput(job, 'PRD') === undefined &&
  base.files.includes(STYLE_PATH) &&
  turns.every((turn) => turn === 'responsive' || base.turns.includes(turn))

const restyle = (job: AgentJob, base: Marker, turns: readonly Turn[]): Work => {
  const marker = { turns, files: base.files }
  return {
    files: new Map([[STYLE_PATH, makeStyle(job)], ...writeRecords(marker)]),
    removed: [],
    marker,
    notes: [],
    title: 'the service',
  }
}

const makeStyle = (job: AgentJob): string =>
  writeStyle({
    guide: readInput(job, 'StyleGuide'),
    system: readInput(job, 'DesignSystem'),
    motion: readInput(job, 'MotionSpec'),
  })

/** The style sheet, where the job has the documents that describe it. */
const findStyle = (job: AgentJob): string | undefined => {
  const [guide, system, motion] = [
    findInput(job, 'StyleGuide'),
    findInput(job, 'DesignSystem'),
    findInput(job, 'MotionSpec'),
  ]
  return guide === undefined || system === undefined || motion === undefined
    ? undefined
    : writeStyle({ guide, system, motion })
}

const findText = async (dir: string, path: string): Promise<string | undefined> => {
  try {
    return await readTextFile(dir, path)
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** What is there already. Rules know only their own code: somebody else's they could not even read. */
const readBase = async (job: AgentJob, dir: string): Promise<Marker | 'foreign'> => {
  const marker = parseMarker((await findText(dir, MARKER_PATH)) ?? 'null')
  if (marker !== undefined) return marker
  if (job.context.plan.repo !== null) return 'foreign'
  if ((await walkWorktree(dir, '', 1)).length === 0) return { turns: [], files: [] }
  throw makeOfflineError(
    'The offline coder goes on only with services that it wrote itself; the code of this run needs a language model.',
  )
}

const writeChanged = async (
  job: AgentJob,
  dir: string,
  files: ReadonlyMap<string, string>,
): Promise<string[]> => {
  const written: string[] = []
  for (const [path, text] of files) {
    job.signal.throwIfAborted()
    if ((await findText(dir, path)) === text) continue
    await writeTextFile(dir, path, text)
    written.push(path)
  }
  return written
}

/** In somebody else's repository: where the request points to, a test that shows the fault, and no mending. */
const addNote = async (job: AgentJob, dir: string): Promise<AgentResult> => {
  const { files, reproduction } = await readRequest(getIdea(job), dir)
  await writeChanged(job, dir, files)
  job.log(
    'note',
    `this repository was not written by rules, so none of its code is changed: what was asked is not done and needs a language model; ${NOTE_PATH} says where it points`,
  )
  if (reproduction !== null) await reproduce(job, dir, reproduction)
  // What says how the code is tested is as it was: none of it has changed.
  const manifest = findInput(job, 'RepoManifest') ?? null
  return handIn(job, { manifest, message: 'Note what was asked; nothing is mended' })
}

const REPRODUCTION_MS = 30_000

/** Keeps the test only if it fails now: one that passes shows no fault, and one that cannot be run shows nothing. */
const reproduce = async (job: AgentJob, dir: string, text: string): Promise<void> => {
  if ((await findText(dir, REPRODUCTION_PATH)) !== undefined) return
  await writeTextFile(dir, REPRODUCTION_PATH, text)
  if (await failsNow(job, dir)) {
    job.log('note', `${REPRODUCTION_PATH} fails now and shows what the request describes; it mends nothing`)
    return
  }
  await removeFile(dir, REPRODUCTION_PATH)
  job.log('note', 'what the request describes could not be shown by a test that fails; no test is kept')
}

const failsNow = async (job: AgentJob, dir: string): Promise<boolean> => {
  try {
    const { exitCode, timedOut } = await job.runConfined({
      argv: [process.execPath, '--test', '--test-reporter=tap', '--', REPRODUCTION_PATH],
      cwd: dir,
      timeoutMs: REPRODUCTION_MS,
      maxOutputBytes: 20_000,
    })
    return exitCode === 1 && !timedOut
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    job.log('note', `the request could not be tried: ${error.message}`)
    return false
  }
}

const handIn = async (
  job: AgentJob,
  made: { readonly manifest: RepoManifest | null; readonly message: string },
): Promise<AgentResult> => {
  const commit = await job.commit(made.message)
  const { output } = job.task.spec
  // A fix round may be for the manifest, which comes with the code in any case.
  const name = output === null || output === 'RepoManifest' ? 'SourceCode' : output
  const code = { name, mediaType: BUNDLE_MEDIA_TYPE, bytes: 'bundle', commit, simulated: true } as const
  return {
    outputs: made.manifest === null ? [code] : [code, makeJsonOutput(made.manifest)],
    commit,
    usage: NO_USAGE,
    ...OFFLINE_MAKER,
  }
}

const makeJsonOutput = (manifest: RepoManifest): AgentResult['outputs'][number] => ({
  name: 'RepoManifest',
  mediaType: 'application/json',
  bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
  simulated: true,
})
