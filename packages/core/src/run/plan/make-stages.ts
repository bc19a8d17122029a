import { RopewalkError } from '../../errors.ts'
import type { AgentDefinition, PhaseDefinition } from '../../contract/playbook.ts'
import { sortByNeeds } from './get-phase-order.ts'

/** Which agents of the phase each agent waits for: those that make what it reads. */
const getMakers = (agents: readonly AgentDefinition[]): Record<string, string[]> =>
  Object.fromEntries(
    agents.map(({ agent, inputs }) => [
      agent,
      agents
        .filter((other) => other.agent !== agent && inputs.includes(other.output))
        .map((other) => other.agent),
    ]),
  )

const makeLevels = (phase: string, agents: readonly AgentDefinition[]): string[][] => {
  const makers = getMakers(agents)
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
 * or by who reads whose output (partial; a number also caps how wide a stage is).
 * Throws PLAYBOOK_INVALID where agents wait for each other.
 */
export const makeStages = (
  { phase, parallelism }: PhaseDefinition,
  agents: readonly AgentDefinition[],
): string[][] => {
  const names = agents.map(({ agent }) => agent)
  if (parallelism === 'parallel') return [names]
  if (parallelism === 'sequential' || parallelism === 'iterative') return names.map((name) => [name])
  const levels = makeLevels(phase, agents)
  return parallelism === 'partial' ? levels : levels.flatMap((level) => split(level, parallelism))
}
