import type { RunEventOf, RunEventType } from '@ropewalk/core/run/events'
import {
  getKnownPhase,
  untold,
  type KnownArtifact,
  type KnownTask,
  type Moment,
  type StoryState,
  type Tellers,
  type Told,
} from './story-state.ts'
import { getCountText, getListText, getMicrosText, getTimeText, shorten, withoutStop } from './words.ts'

const NOBODY: KnownTask = { agent: 'an agent', phase: '', isGuard: false }

const findTask = (state: StoryState, taskId: string): KnownTask => state.tasks.get(taskId) ?? NOBODY

const nameOf = ({ agent, isGuard }: KnownTask): string => (isGuard ? `the check ${agent}` : agent)

const phaseOf = ({ phase }: KnownTask): string | null => (phase === '' ? null : phase)

const nameArtifact = ({ name, version }: KnownArtifact): string =>
  version === 1 ? name : `${name} (version ${version})`

const tellCompleted = (state: StoryState, data: RunEventOf<'task.completed'>['data']): Told | undefined => {
  const task = findTask(state, data.taskId)
  state.tasks.delete(data.taskId)
  if (task.isGuard) return undefined
  const outputs = data.outputs.flatMap((id) => state.artifacts.get(id) ?? [])
  for (const id of data.outputs) state.artifacts.delete(id)
  const { inputTokens, outputTokens, costMicros } = data.usage
  const tokens = inputTokens + outputTokens
  const cost = tokens === 0 ? '' : `, ${getCountText(tokens)} tokens, ${getMicrosText(costMicros)}`
  const what = outputs.length === 0 ? 'finished' : `handed in ${getListText(outputs.map(nameArtifact))}`
  const again = data.attempt === 1 ? '' : ` at attempt ${data.attempt}`
  const isSimulated = outputs.some(({ simulated }) => simulated)
  return {
    kind: 'work',
    phase: phaseOf(task),
    text: `${task.agent} ${what}${again} (${isSimulated ? 'simulated, ' : ''}${data.tool}, ${getTimeText(data.durationMs)}${cost}).`,
  }
}

const OUTCOMES = {
  failed: 'failed',
  timed_out: 'ran out of time',
  cancelled: 'was cancelled',
  terminated: 'was stopped',
  lost: 'was lost: its worker fell silent',
} as const

const tellAttempt = (state: StoryState, data: RunEventOf<'task.attempt_ended'>['data']): Told => {
  const task = findTask(state, data.taskId)
  const why = data.message === '' ? '' : `: ${shorten(withoutStop(data.message), 400)}`
  const what = data.errorClass === null ? '' : ` (${data.errorClass})`
  return {
    kind: 'trouble',
    phase: phaseOf(task),
    text: `Attempt ${data.attempt} of ${nameOf(task)} ${OUTCOMES[data.outcome]}${what}${why}.`,
  }
}

/** What no task made was there from the start, taken over by a fork, or put in place by a person. */
const tellArtifact = (
  state: StoryState,
  { artifact }: RunEventOf<'artifact.created'>['data'],
  { at, by }: Moment,
): Told | undefined => {
  const { id, name, version, phase, simulated, lineage } = artifact
  state.artifacts.set(id, { name, version, simulated })
  if (lineage.taskId !== null || name === 'Idea') return undefined
  if (at === state.plannedAt) {
    if (lineage.maker.kind === 'engine' && lineage.maker.name === 'repository')
      return { kind: 'work', phase, text: `The repository gave ${name}.` }
    const isEdited = lineage.maker.kind === 'person' && lineage.maker.version === artifact.runId
    getKnownPhase(state, phase).given.push({ name, isEdited })
    return undefined
  }
  return {
    kind: 'decision',
    phase,
    text: `${by.id} put another version of ${name} in place (version ${version}).`,
  }
}

/** Work of agents, and what it made. */
export const workTellers: Tellers<
  Extract<RunEventType, `task.${string}` | `artifact.${string}` | `tool.${string}` | 'code.accepted'>
> = {
  'task.created': (state, { spec }) => {
    const { id, phase, target, guard } = spec
    state.tasks.set(id, { agent: guard?.guard ?? target, phase, isGuard: guard !== null })
    return undefined
  },
  'task.released': untold,
  'task.completed': tellCompleted,
  'task.attempt_ended': tellAttempt,
  'task.retry_scheduled': (state, { taskId, reason, dueAt }, { at }) => {
    const task = findTask(state, taskId)
    const waitMs = Date.parse(dueAt) - Date.parse(at)
    const when = waitMs > 1000 ? ` in ${getTimeText(waitMs)}` : ''
    return {
      kind: 'work',
      phase: phaseOf(task),
      text: `${nameOf(task)} was to be tried again${when}: ${withoutStop(reason)}.`,
    }
  },
  'task.failed': (state, { taskId, errorClass, message }) => {
    const task = findTask(state, taskId)
    state.tasks.delete(taskId)
    return {
      kind: 'trouble',
      phase: phaseOf(task),
      text: `${nameOf(task)} was given up (${errorClass}): ${shorten(withoutStop(message), 400)}.`,
    }
  },
  'task.cancelled': (state, { taskId, reason }) => {
    const task = findTask(state, taskId)
    state.tasks.delete(taskId)
    return task.isGuard
      ? undefined
      : { kind: 'work', phase: phaseOf(task), text: `${task.agent} was stopped: ${withoutStop(reason)}.` }
  },
  'artifact.created': tellArtifact,
  'tool.refused': (state, { taskId, tool, reason }) => {
    const task = findTask(state, taskId)
    return {
      kind: 'trouble',
      phase: phaseOf(task),
      text: `${nameOf(task)} was refused the tool ${tool}: ${withoutStop(reason)}.`,
    }
  },
  'code.accepted': (_state, { phase, commit }) => ({
    kind: 'code',
    phase,
    text: `The code of ${phase} was accepted as commit ${commit.slice(0, 12)}.`,
  }),
}
