import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import type { Draft } from '../draft.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { getAgent } from '../plan/find-in-plan.ts'
import { createArtifact } from '../task/make-artifact.ts'
import { findNewest } from './inputs.ts'
import { findReaders, judgeAnew } from './judge-anew.ts'

type Command = RunCommandOf<'EditArtifact'>

const findRefusal = (draft: Draft, { phase }: Command): Refused | undefined => {
  const { status, closed } = expectRun(draft.state)
  if (closed || status === 'succeeded' || status === 'cancelled')
    return refuse('RUN_ALREADY_FINISHED', `The run is ${status}; fork it to go on with another artifact.`, {
      status,
    })
  return draft.state.phases.has(phase)
    ? undefined
    : refuse('NOT_FOUND', `The run has no phase ${phase}.`, { phase })
}

/**
 * Agents of the owner that have to work again after an edit, undefined where none of its work is touched:
 * it has not begun, its agents are yet to read the artifact, or they are about to make it anew.
 */
const findAgain = (draft: Draft, owner: string, artifact: string): string[] | undefined => {
  const { status, stages, stage } = expectPhase(draft.state, owner)
  const readers = findReaders(draft, owner, artifact)
  if (status === 'pending') return stages.length === 0 ? undefined : [...readers, ...stages.flat()]
  if (status !== 'running') return readers
  const { plan } = draft.state
  const toCome = stages.slice(stage).flat()
  const isRemade = toCome.some((name) => plan && getAgent(plan, owner, name).output === artifact)
  const begun = stages.slice(0, stage + 1).flat()
  if (isRemade || !readers.some((name) => begun.includes(name))) return undefined
  return [...readers, ...toCome]
}

/**
 * Puts a person's version in place. Where the phase that owns the name has worked with the one before, its
 * agents that read it work again and its gate judges again; later phases that read any of it begin anew.
 */
export const editArtifact = (draft: Draft, command: Command): Outcome => {
  const refusal = findRefusal(draft, command)
  if (refusal) return refusal
  const { output } = command
  const before = findNewest(draft.state, output.name)
  const owner = before?.phase ?? command.phase
  createArtifact(draft, output, {
    phase: owner,
    maker: { kind: 'person', name: getActor(draft), version: '1' },
    taskId: null,
    attempt: 0,
    inputArtifactIds: before ? [before.artifactId] : [],
    tokens: 0,
    minutes: 0,
  })
  const again = findAgain(draft, owner, output.name)
  const reason = `${output.name} was edited by ${getActor(draft)}.`
  if (again) judgeAnew(draft, { phase: owner, artifact: output.name, again, reason })
  const made = findNewest(draft.state, output.name)
  return answered({ artifactId: output.id, version: made?.version ?? 1, reopened: again !== undefined })
}
