import { RepoManifest } from '@ropewalk/core/contract/documents'
import { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import { RopewalkError } from '@ropewalk/core/errors'
import { findForeignTests, type ForeignTests } from '@ropewalk/guards/suite/foreign-tests'
import { z } from 'zod'
import type { AgentJob } from '../agent-runtime.ts'
import { describeIssue } from './output-contract.ts'
import { describeEnd } from './tools/repo-run.ts'
import { readTextFile, writeTextFile } from './tools/worktree-path.ts'

/** Where a coder leaves its manifest. A file, not a last answer, so that a crash or a ceiling cannot lose it. */
export const MANIFEST_PATH = '.ropewalk/manifest.json'

/** The tests of a small service take seconds; one that hangs must not eat the attempt. */
const TEST_TIMEOUT_MS = 180_000
const TEST_OUTPUT_BYTES = 12_000

/** Files kept in a checkpoint at most, in bytes; a session that wrote more begins its next attempt anew. */
const CHECKPOINT_BYTES = 1_500_000

export type Worktree = NonNullable<AgentJob['worktree']>

export type WorkState =
  | {
      readonly manifest: RepoManifest
      readonly testsPass: boolean
      readonly report: string
      /** Set where the tests cannot be run here at all, and no change of the code would help. */
      readonly obstacle?: string
    }
  | { readonly manifest: null; readonly testsPass: false; readonly report: string }

/** A project's own tests by its own command: its exit code is what there is to go by. */
const runForeign = async (job: AgentJob, dir: string, { argv, runner }: ForeignTests) => {
  const result = await job.runConfined({
    argv,
    cwd: dir,
    timeoutMs: TEST_TIMEOUT_MS,
    maxOutputBytes: TEST_OUTPUT_BYTES,
  })
  job.log('note', `tests of the worktree by ${runner}: ${describeEnd(result)}`)
  const report = [`${argv.join(' ')}: ${describeEnd(result)}`, result.stdout, result.stderr].join('\n')
  return { testsPass: result.exitCode === 0, report }
}

/** The manifest if it is whole and names files that are there, and whether the tests pass. */
export const checkWork = async (job: AgentJob, worktree: Worktree): Promise<WorkState> => {
  const manifest = await readManifest(job, worktree.dir)
  if ('problem' in manifest)
    return { manifest: null, testsPass: false, report: `${MANIFEST_PATH}: ${manifest.problem}` }
  if (worktree.lacks !== undefined)
    return { manifest, testsPass: false, report: worktree.lacks, obstacle: worktree.lacks }
  const foreign = findForeignTests(findGiven(job, RepoContext, 'RepoContext'))
  if (foreign !== undefined) return { manifest, ...(await runForeign(job, worktree.dir, foreign)) }
  const result = await job.runConfined({
    argv: [process.execPath, '--test', '--test-reporter=tap', '--', ...manifest.tests],
    cwd: worktree.dir,
    timeoutMs: TEST_TIMEOUT_MS,
    maxOutputBytes: TEST_OUTPUT_BYTES,
  })
  // A run without a test ends with 0 as well.
  const ran = Number(/^# pass (\d+)/mu.exec(result.stdout)?.[1] ?? 0)
  const testsPass = result.exitCode === 0 && (ran > 0 || result.truncated)
  job.log('note', `tests of the worktree: ${describeEnd(result)}, ${String(ran)} passed`)
  const report = [
    `node --test: ${describeEnd(result)}${ran === 0 ? '; no test passed' : ''}`,
    result.stdout,
    result.stderr,
  ].join('\n')
  return { manifest, testsPass, report }
}

/** An input document by its contract; undefined where the job has none. */
const findGiven = <T>(job: AgentJob, contract: z.ZodType<T>, name: string): T | undefined => {
  const input = job.inputs.find(({ ref }) => ref.name === name)
  return input === undefined ? undefined : contract.safeParse(input.json).data
}

/** The manifest that the coder left in the worktree; in a repository it did not begin, else the one given. */
const readManifest = async (
  job: AgentJob,
  dir: string,
): Promise<RepoManifest | { readonly problem: string }> => {
  let content: string
  try {
    content = await readTextFile(dir, MANIFEST_PATH)
  } catch (error) {
    if (!(error instanceof RopewalkError)) throw error
    const given = job.context.plan.repo === null ? undefined : findGiven(job, RepoManifest, 'RepoManifest')
    return given ?? { problem: 'the file is not there' }
  }
  const parsed = RepoManifest.safeParse(parseJson(content))
  if (!parsed.success) return { problem: parsed.error.issues.slice(0, 10).map(describeIssue).join('; ') }
  for (const path of [parsed.data.entry, ...parsed.data.tests, ...parsed.data.sources]) {
    try {
      await readTextFile(dir, path)
    } catch (error) {
      if (error instanceof RopewalkError) return { problem: `it names ${path}: ${error.message}` }
      throw error
    }
  }
  return parsed.data
}

const parseJson = (content: string): unknown => {
  try {
    return JSON.parse(content)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What a coder's attempt leaves for the next: the files it has changed; null for one that it removed. */
const CoderCheckpoint = z.strictObject({
  kind: z.literal('coder'),
  baseCommit: z.string().nullable(),
  files: z.record(z.string(), z.string().nullable()),
})

/** Keeps the changed files for the next attempt; durable when it returns. Too much of it is not kept, and logged. */
export const saveWork = async (
  job: AgentJob,
  worktree: Worktree,
  changed: ReadonlySet<string>,
): Promise<void> => {
  const files: Record<string, string | null> = {}
  let bytes = 0
  for (const path of changed) {
    const content = await findText(worktree.dir, path)
    bytes += Buffer.byteLength(content ?? '')
    files[path] = content?.isWellFormed() === true ? content : null
  }
  if (bytes > CHECKPOINT_BYTES) {
    job.log('note', `no checkpoint: ${String(bytes)} bytes of changes are over its limit`)
    return
  }
  const data = { kind: 'coder', baseCommit: worktree.baseCommit, files } satisfies z.infer<
    typeof CoderCheckpoint
  >
  await job.saveCheckpoint(`files-${String(changed.size)}`, data)
}

/** Puts the files of an earlier attempt's checkpoint into the worktree; gives back their paths. */
export const restoreWork = async (job: AgentJob, worktree: Worktree): Promise<readonly string[]> => {
  const parsed = CoderCheckpoint.safeParse(job.task.checkpoint?.data)
  // Changes to another base are no changes to this one.
  if (!parsed.success || parsed.data.baseCommit !== worktree.baseCommit) return []
  const restored: string[] = []
  for (const [path, content] of Object.entries(parsed.data.files))
    if (content !== null) {
      await writeTextFile(worktree.dir, path, content)
      restored.push(path)
    }
  return restored
}

const findText = async (dir: string, path: string): Promise<string | null> => {
  try {
    return await readTextFile(dir, path)
  } catch (error) {
    if (error instanceof RopewalkError) return null
    throw error
  }
}
