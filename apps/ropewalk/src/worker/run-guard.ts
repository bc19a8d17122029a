import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { GuardReport } from '@ropewalk/core/contract/guard-report'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { GuardUse } from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Checkout, GuardFindings, GuardInput, JudgedArtifact } from '@ropewalk/guards/guard'
import { findGuard } from '@ropewalk/guards/registry'
import type { Engine, TaskContext } from '../engine/contract.ts'
import type { JobInput } from './agent-runtime.ts'
import type { AttemptLog } from './attempt-log.ts'
import type { Workplace } from './attempt-workplace.ts'
import { getCleanText } from './failure.ts'
import type { HeldAttempt } from './held-attempt.ts'
import { listNewestArtifacts, parseDocument, readArtifactBytes } from './read-inputs.ts'
import { writeHeld } from './submit.ts'
import { WORKER_VERSION } from './worker-version.ts'

export type GuardParts = {
  readonly engine: Engine
  readonly attempt: HeldAttempt
  readonly context: TaskContext
  readonly inputs: readonly JobInput[]
  readonly workplace: Workplace
  readonly attemptLog: AttemptLog
}

export type StoredReport = GuardReport & { readonly digest: string }

/**
 * Runs the guard of a task on what it judges and gives back the report, which is stored as the blob `digest`
 * together with the files it names. A guard that throws, or is unknown, is a report with outcome `error`.
 * Throws when the attempt has ended, and when store or repository fail.
 */
export const runGuard = async (parts: GuardParts): Promise<StoredReport> => {
  const { attempt, attemptLog } = parts
  const use = attempt.task.spec.guard
  if (use === null) throw new RopewalkError('INVARIANT_BROKEN', `Task ${attempt.task.taskId} names no guard.`)
  const input = await makeInput(parts, use)
  const startedAt = attempt.now()
  attemptLog.add('note', `guard ${use.guard} on ${use.artifacts.join(', ')}`)
  const findings = await judge(input)
  attempt.assertHeld()
  const outputDigests = await storeOutputs(parts, findings)
  const report = makeReport({ use, input, findings, startedAt, endedAt: attempt.now(), outputDigests })
  attemptLog.add('note', [`${report.outcome}, score ${report.score}`, ...report.reasons].join('\n'))
  return { ...report, digest: await storeReport(parts, report) }
}

const makeInput = async (parts: GuardParts, use: GuardUse): Promise<GuardInput> => {
  const { workplace, attempt } = parts
  const known = await loadArtifacts(parts, use)
  const judged = use.artifacts.flatMap((name) => known.get(name) ?? [])
  const commit = judged.find(({ artifact }) => artifact.commit !== null)?.artifact.commit ?? null
  return {
    use,
    judged,
    others: [...known.values()].filter(({ artifact }) => !use.artifacts.includes(artifact.name)),
    worktree: commit === null ? null : await checkOut(workplace, commit),
    scratch: workplace.scratch,
    runConfined: workplace.runConfined,
    now: attempt.now,
  }
}

const checkOut = async (workplace: Workplace, commit: string): Promise<Checkout> => {
  const { dir } = await workplace.checkOut(commit)
  return { dir, commit, lacks: await workplace.findLack(dir) }
}

/** The task's own inputs, then what else the run has; code that is not judged is not worth its bytes. */
const loadArtifacts = async (
  { engine, attempt, inputs }: GuardParts,
  use: GuardUse,
): Promise<ReadonlyMap<string, JudgedArtifact>> => {
  const { workspaceId, runId } = attempt.task
  const known = new Map<string, JudgedArtifact>()
  for (const { ref, ...rest } of inputs) known.set(ref.name, { artifact: ref.artifact, ...rest })
  const isWanted = (artifact: Artifact) => artifact.commit === null || use.artifacts.includes(artifact.name)
  for (const [name, artifact] of await listNewestArtifacts(engine, workspaceId, runId)) {
    if (known.has(name) || !isWanted(artifact)) continue
    const bytes = await readArtifactBytes(engine, workspaceId, artifact)
    known.set(name, { artifact, bytes, ...parseDocument(name, bytes) })
  }
  return known
}

const judge = async (input: GuardInput): Promise<GuardFindings> => {
  const { use, judged } = input
  const guard = findGuard(use.guard)
  if (guard === undefined)
    return makeErrorFindings(use.guard, WORKER_VERSION, 'There is no guard of this name.')
  if (judged.length === 0) {
    return makeErrorFindings(
      use.guard,
      guard.version,
      `There is none of ${use.artifacts.join(', ')} to judge.`,
    )
  }
  try {
    return await guard.run(input)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return makeErrorFindings(use.guard, guard.version, `The check itself failed: ${reason}`)
  }
}

const makeErrorFindings = (tool: string, toolVersion: string, reason: string): GuardFindings => ({
  outcome: 'error',
  score: 0,
  severity: 'major',
  reasons: [getCleanText(reason, 1000)],
  tool,
  toolVersion,
  argv: null,
  exitCode: null,
  confined: 'not-needed',
})

const storeOutputs = async (
  { engine, attempt }: GuardParts,
  findings: GuardFindings,
): Promise<readonly string[]> => {
  const digests: string[] = []
  for (const output of findings.outputs ?? []) {
    digests.push(await writeHeld(attempt, () => engine.blobs.put(attempt.task.workspaceId, output.bytes)))
  }
  return digests
}

type ReportParts = {
  readonly use: GuardUse
  readonly input: GuardInput
  readonly findings: GuardFindings
  readonly startedAt: string
  readonly endedAt: string
  readonly outputDigests: readonly string[]
}

/** The whole report; a guard whose findings break the contract has failed as a check. */
const makeReport = (parts: ReportParts): GuardReport => {
  const parsed = GuardReport.safeParse(getReportFields(parts, parts.findings))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.map(String).join('.') ?? ''
  const reason = `The check's findings break their contract at ${where}: ${issue?.message ?? 'unknown'}.`
  return GuardReport.parse(getReportFields(parts, makeErrorFindings(parts.use.guard, WORKER_VERSION, reason)))
}

const getReportFields = (
  { use, input, startedAt, endedAt, outputDigests }: ReportParts,
  findings: GuardFindings,
) => {
  const { outputs: _, ...found } = findings
  return {
    ...found,
    guard: use.guard,
    rubric: use.rubric,
    artifacts: use.artifacts,
    startedAt,
    endedAt,
    inputDigests: [...input.judged, ...input.others].map(({ artifact }) => artifact.digest),
    outputDigests,
    revision: input.worktree?.commit ?? null,
  }
}

const storeReport = async ({ engine, attempt }: GuardParts, report: GuardReport): Promise<string> => {
  const text = canonicalText(report)
  const digest = await writeHeld(attempt, () =>
    engine.blobs.put(attempt.task.workspaceId, Buffer.from(text, 'utf8')),
  )
  if (digest === sha256(text)) return digest
  throw new RopewalkError('INVARIANT_BROKEN', 'The store gave a report another digest than its own.')
}
