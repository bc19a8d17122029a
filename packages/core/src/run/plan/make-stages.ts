import { RopewalkError } from '../../errors.ts'
import type { AgentDefinition, PhaseDefinition } from '../../contract/playbook.ts'
import { sortByNeeds } from './get-phase-order.ts'

type Makers = Readonly<Record<string, readonly string[]>>

/** Coders that hand in the same code: each begins at the commit of the one before, so never side by side. */
const takeTurns = (a: AgentDefinition, b: AgentDefinition): boolean =>
  a.kind === 'coder' && b.kind === 'coder' && a.output === b.output

/** Which agents of the phase each agent waits for: `waits` says whether the first waits for the second. */
const getMakers = (
  agents: readonly AgentDefinition[],
  waits: (agent: AgentDefinition, other: AgentDefinition, isEarlier: boolean) => boolean,
): Makers =>
  Object.fromEntries(
    agents.map((agent, index) => [
      agent.agent,
      agents
        .filter((other, place) => place !== index && waits(agent, other, place < index))
        .map((other) => other.agent),
    ]),
  )

/** Those whose output an agent reads; of coders that take turns, those before it in the list. */
const waitsForInputs = (agent: AgentDefinition, other: AgentDefinition, isEarlier: boolean): boolean =>
  takeTurns(agent, other) ? isEarlier : agent.inputs.includes(other.output)

const waitsForTurn = (agent: AgentDefinition, other: AgentDefinition, isEarlier: boolean): boolean =>
  takeTurns(agent, other) && isEarlier

const makeLevels = (phase: string, agents: readonly AgentDefinition[], makers: Makers): string[][] => {
  const { order, stuck } = sortByNeeds(
    agents.map(({ agent }) => agent),
    makers,
  )
  if (stuck.length > 0)
    throw new RopewalkError(
      'PLAYBOOK_INVALID',
      `In the phase ${phase} these agents wait for each other's output: ${stuck.join(', ')}. Make it sequential, or cut an input.`,
      { details: { phase, circular: stuck } },
    )
  const levels: string[][] = []
  for (const name of order) {
    const after = (makers[name] ?? []).map((maker) => levels.findIndex((level) => level.includes(maker)) + 1)
    const level = Math.max(0, ...after)
    levels[level] = [...(levels[level] ?? []), name]
  }
  return levels
}

const split = (stage: readonly string[], width: number): string[][] => {
  const parts = Math.ceil(stage.length / width)
  return Array.from({ length: parts }, (_, index) => stage.slice(index * width, (index + 1) * width))
}

/**
 * The stages of a phase by its parallelism: one agent each (sequential, iterative), all at once (parallel),
 * or by who reads whose output (partial; a number also caps how wide a stage is). Coders that hand in the
 * same code take turns in list order whatever it says.
 * Throws PLAYBOOK_INVALID where agents wait for each other.
 */
export const makeStages = (
  { phase, parallelism }: PhaseDefinition,
  agents: readonly AgentDefinition[],
): string[][] => {
  const names = agents.map(({ agent }) => agent)
  if (parallelism === 'sequential' || parallelism === 'iterative') return names.map((name) => [name])
  const waits = parallelism === 'parallel' ? waitsForTurn : waitsForInputs
  const levels = makeLevels(phase, agents, getMakers(agents, waits))
  if (parallelism === 'parallel') return levels
  return parallelism === 'partial' ? levels : levels.flatMap((level) => split(level, parallelism))
}
