import { BUNDLE_MEDIA_TYPE } from '@ropewalk/core/contract/artifact'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { hasCode } from '@ropewalk/core/errors'
import type { AgentJob, AgentResult } from '../../agent-runtime.ts'
import { readTextFile, writeTextFile } from '../tools/worktree-path.ts'
import { getIdea, makeOfflineError, readInput } from './documents/inputs.ts'
import { readBlueprint } from './service/blueprint.ts'
import { getManifest, writeRepository } from './service/write-repository.ts'
import { OFFLINE_MAKER } from './version.ts'

/**
 * Writes a web service and its tests into the job's worktree, by rules alone, from the requirements as they
 * stand. Requirements that no rule knows get neither code nor test; README and log name them. On a base of its
 * own it writes only what differs from what the requirements ask for, and deletes nothing.
 * Throws AgentError of class `fatal` without a worktree, without a PRD, and on a repository of somebody else.
 */
export const runOfflineCoder = async (job: AgentJob): Promise<AgentResult> => {
  const { worktree } = job
  if (worktree === null) throw makeOfflineError('The offline coder needs a worktree, and this task has none.')
  const blueprint = readBlueprint(readInput(job, 'PRD'), getIdea(job))
  const files = writeRepository(blueprint)
  await checkBase(worktree.dir)
  const written = await writeChanged(job, worktree.dir, files)
  job.log(
    'note',
    `wrote ${String(written.length)} of ${String(files.size)} files by rules; no model was called`,
  )
  for (const { id, title } of blueprint.gaps)
    job.log('note', `${id} (${title}) is not built: no rule knows it`)
  for (const { id, text } of blueprint.untested) job.log('note', `${id}: no test was made for "${text}"`)
  const { fix } = job.task.spec
  if (fix !== null && written.length === 0)
    job.log('note', `nothing differs from the requirements, so no rule mends: ${fix.reasons.join(' ')}`)
  const commit = await job.commit(
    fix === null ? `Build ${blueprint.title}` : `Mend ${written.join(', ') || 'nothing'}`,
  )
  return {
    outputs: [
      {
        name: job.task.spec.output ?? 'SourceCode',
        mediaType: BUNDLE_MEDIA_TYPE,
        bytes: 'bundle',
        commit,
        simulated: true,
      },
      {
        name: 'RepoManifest',
        mediaType: 'application/json',
        bytes: Buffer.from(`${JSON.stringify(getManifest(files), null, 2)}\n`),
        simulated: true,
      },
    ],
    commit,
    usage: NO_USAGE,
    ...OFFLINE_MAKER,
  }
}

const findText = async (dir: string, path: string): Promise<string | undefined> => {
  try {
    return await readTextFile(dir, path)
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** Rules know only their own code: on somebody else's repository they would overwrite what they cannot read. */
const checkBase = async (dir: string): Promise<void> => {
  const text = await findText(dir, 'package.json')
  const entry = await findText(dir, 'src/main.js')
  const isOurs = text?.includes(`"by": "${OFFLINE_MAKER.tool}"`) === true
  if (isOurs || (text === undefined && entry === undefined)) return
  throw makeOfflineError(
    'The offline coder changes only services that it wrote itself; this repository needs a language model.',
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
