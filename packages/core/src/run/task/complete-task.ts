import { getElapsedMs, type Refused, refuse } from '../../decision.ts'
import type { Output } from '../../contract/artifact.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipList } from '../../clip.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan } from '../patch.ts'
import { advancePhase, reportProgress } from '../phase/advance-phase.ts'
import { GIVEN } from '../phase/inputs.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import { askQuestions, findAskedFault } from '../question/ask-questions.ts'
import type { Task } from '../state.ts'
import { findRunning, getDoer, isRefused } from './fence.ts'
import { createArtifact } from './make-artifact.ts'
import { isStaleCode, redoStale } from './redo-stale.ts'

type Command = RunCommandOf<'CompleteTask'>

/** Whether a task may have its phase go over its stages once more. */
const mayAskAgain = (draft: Draft, { phase: name, stage, kind }: Task): boolean => {
  const { stages } = expectPhase(draft.state, name)
  const { parallelism } = getDefinition(expectPlan(draft.state), name)
  return kind !== 'guard' && parallelism === 'iterative' && stage === stages.length - 1
}

/** What every coder may hand in, whichever of the two it is asked for. */
const CODE: readonly string[] = ['SourceCode', 'RepoManifest']

/** An output that is another agent's to make: with it a later agent could replace what a tool has measured. */
const findForeign = (draft: Draft, { spec, kind }: Task, names: readonly string[]): string | undefined => {
  const { agents } = expectPlan(draft.state)
  const own = agents.find(({ agent }) => agent === spec.target)?.output
  const allowed = [spec.output, own, ...(kind === 'coder' ? CODE : [])]
  return names.find((name) => !allowed.includes(name) && agents.some(({ output }) => output === name))
}

/** What a result lacks or has too much of; undefined when it is what the task asked for. */
const findFault = (draft: Draft, task: Task, { outputs, reports, again }: Command): string | undefined => {
  const names = outputs.map(({ name }) => name)
  const { output, guard } = task.spec
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return `The output ${twice} was handed in twice.`
  const given = names.find((name) => GIVEN.includes(name))
  if (given !== undefined) return `No task may replace the artifact ${given}.`
  if (again === true && !mayAskAgain(draft, task))
    return 'Only the last stage of an iterative phase asks for another pass.'
  if (output !== null && !names.includes(output))
    return `The task must hand in ${output}; it handed in ${names.join(', ') || 'nothing'}.`
  const foreign = findForeign(draft, task, names)
  if (foreign !== undefined)
    return guard === null
      ? `${task.spec.target} may not hand in ${foreign}: another agent makes it.`
      : `A guard may not hand in ${foreign}: it judges what agents make.`
  if (guard === null) return reports.length > 0 ? 'Only a guard hands in guard reports.' : undefined
  if (reports.length === 0) return `The guard ${guard.guard} must hand in a report.`
  const strange = reports.find((report) => report.guard !== guard.guard || report.rubric !== guard.rubric)
  return strange
    ? `The task is ${guard.guard} for ${guard.rubric}; a report was of ${strange.guard} for ${strange.rubric}.`
    : undefined
}

const createOutputs = (draft: Draft, task: Task, command: Command): void => {
  const { at } = draft.stamp
  const { usage, outputs } = command
  const since = task.claimedAt ?? command.claimedAt
  // A bare commit belongs to the artifact the task was for.
  const own = outputs.some(({ commit }) => commit !== null) ? null : command.commit
  const main = task.spec.output ?? outputs[0]?.name
  for (const output of outputs) {
    const whole: Output = { ...output, commit: output.commit ?? (output.name === main ? own : null) }
    createArtifact(draft, whole, {
      phase: task.phase,
      maker: {
        kind: task.spec.type,
        name: task.spec.target,
        version: `${command.tool}@${command.toolVersion}`.slice(0, 120).toWellFormed(),
      },
      taskId: task.id,
      attempt: command.attempt,
      inputArtifactIds: task.spec.input.map(({ artifactId }) => artifactId),
      tokens: usage.inputTokens + usage.outputTokens,
      minutes: (since === null ? usage.toolMs : getElapsedMs(since, at)) / 60_000,
    })
  }
}

const reportGuards = (draft: Draft, task: Task, { reports }: Command): void => {
  for (const report of reports) {
    addEvent(draft, 'guard.reported', {
      phase: task.phase,
      round: task.round,
      report: {
        guard: report.guard,
        type: report.rubric,
        pass: report.outcome === 'pass',
        outcome: report.outcome,
        score: report.score,
        severity: report.severity,
        reasons: clipList(report.reasons, { count: 5, maxChars: 300 }),
        artifacts: report.artifacts.slice(0, 20),
        timestamp: report.endedAt,
        digest: report.digest,
      },
    })
  }
}

/** Records a result, whole or not at all. It counts once: the attempt must be the one that runs. */
export const completeTask = (draft: Draft, command: Command): Outcome => {
  const task: Task | Refused = findRunning(draft, command)
  if (isRefused(task)) return task
  const fault = findFault(draft, task, command)
  if (fault !== undefined) return refuse('INVALID_ARGUMENT', fault, { taskId: task.id })
  const unaskable = findAskedFault(command.questions)
  if (unaskable) return unaskable
  if (isStaleCode(draft, task, command)) {
    redoStale(draft, task, command)
    return answered({ status: 'superseded', phase: expectPhase(draft.state, task.phase).status })
  }
  createOutputs(draft, task, command)
  reportGuards(draft, task, command)
  const since = task.claimedAt ?? command.claimedAt
  addEvent(draft, 'task.completed', {
    ...getDoer(task, command),
    usage: command.usage,
    outputs: command.outputs.map(({ id }) => id),
    durationMs: since === null ? 0 : getElapsedMs(since, draft.stamp.at),
    ...(command.again === true ? { again: true } : {}),
  })
  askQuestions(draft, task, command.questions)
  const { guards } = getDefinition(expectPlan(draft.state), task.phase)
  reportProgress(draft, task.phase, guards.length)
  advancePhase(draft, task.phase)
  return answered({ status: 'completed', phase: expectPhase(draft.state, task.phase).status })
}
