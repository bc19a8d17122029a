import { cancelTasks, closeApproval } from '../closing/end-run.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan } from '../patch.ts'
import { getAgent, getDefinition, getDependents } from '../plan/find-in-plan.ts'

/** Puts a phase back to its beginning; what it handed in stays as older versions. `stages` where few work again. */
export const reopenPhase = (
  draft: Draft,
  name: string,
  reason: string,
  stages: readonly (readonly string[])[] = [],
): void => {
  cancelTasks(draft, 'The phase was re-opened.', ({ phase }) => phase === name)
  closeApproval(draft, name, 'The phase was re-opened.')
  addEvent(draft, 'phase.reopened', {
    phase: name,
    reason,
    ...(stages.length === 0 ? {} : { stages: stages.map((stage) => [...stage]) }),
  })
}

/** Whether a phase has anything to be put back: one that never began, or waits to begin as a whole, has not. */
const hasBegun = (draft: Draft, name: string): boolean => {
  const { status, stages } = expectPhase(draft.state, name)
  return status !== 'pending' || stages.length > 0
}

/** Puts back every phase that was built, directly or through others, upon `name`. */
export const reopenDependents = (draft: Draft, name: string, reason: string): void => {
  for (const dependent of getDependents(expectPlan(draft.state), name))
    if (hasBegun(draft, dependent)) reopenPhase(draft, dependent, reason)
}

/** What a phase reads: the inputs of its agents, of its fix agent once that was called, and what its guards judge. */
const listRead = (draft: Draft, name: string): string[] => {
  const plan = expectPlan(draft.state)
  const { agents, guards, fix_agent: fixer } = getDefinition(plan, name)
  const hasMended = fixer !== undefined && expectPhase(draft.state, name).round > 1
  const readers = [...agents, ...(hasMended ? [fixer] : [])]
  return [
    ...readers.flatMap((agent) => getAgent(plan, name, agent).inputs),
    ...guards.flatMap(({ artifacts }) => artifacts),
  ]
}

/** What the agents of a phase make or have made; what a person or the repository gave is not made again. */
export const listMade = (draft: Draft, name: string): string[] => {
  const plan = expectPlan(draft.state)
  const { outputs } = expectPhase(draft.state, name)
  const made = Object.keys(outputs).filter((artifact) => outputs[artifact]?.agent !== null)
  return [...getDefinition(plan, name).agents.map((agent) => getAgent(plan, name, agent).output), ...made]
}

/**
 * Puts back the phases after `owner` that read what has changed, directly or through what others of them
 * make again. Those that read nothing of it stay as they are.
 */
export const reopenReaders = (
  draft: Draft,
  owner: string,
  names: readonly string[],
  reason: string,
): void => {
  const changed = new Set(names)
  for (const dependent of getDependents(expectPlan(draft.state), owner)) {
    if (!listRead(draft, dependent).some((name) => changed.has(name))) continue
    if (hasBegun(draft, dependent)) reopenPhase(draft, dependent, reason)
    for (const name of listMade(draft, dependent)) changed.add(name)
  }
}
