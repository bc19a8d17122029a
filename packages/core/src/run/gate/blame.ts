import type { PhasePlan } from '../../contract/phase-plan.ts'
import type { AgentDefinition } from '../../contract/playbook.ts'
import type { RunPlan } from '../../contract/run-plan.ts'
import { findNewest, IDEA } from '../phase/inputs.ts'
import { getAgent } from '../plan/find-in-plan.ts'
import type { RunState } from '../state.ts'
import type { Judgement } from './judge-gate.ts'

/** The phase at hand, with all that is known of the run. */
export type Scene = { readonly state: RunState; readonly plan: RunPlan; readonly of: PhasePlan }

/** An artifact that has to be mended, and the names under which checks complained of it. */
export type Blamed = { readonly artifact: string; readonly sources: readonly string[] }

/** What a failed gate comes down to: what to mend, and who only has to look again. */
export type Blame = { readonly blamed: readonly Blamed[]; readonly again: readonly string[] }

/** What an agent of the phase hands in: its own output, and whatever else it made first. */
export const getOutputs = ({ state, plan, of }: Scene, agent: string): string[] => {
  const made = Object.entries(state.phases.get(of.phase)?.outputs ?? {})
  const extras = made.filter(([, output]) => output.agent === agent).map(([name]) => name)
  return [getAgent(plan, of.phase, agent).output, ...extras]
}

/** The agent of this phase that makes an artifact; null where none does. */
export const findProducer = (scene: Scene, artifact: string): string | null =>
  scene.of.definition.agents.find((name) => getOutputs(scene, name).includes(artifact)) ?? null

/** Agents of the phase that read what is going to change, directly or through each other. */
export const findConsumers = (scene: Scene, changing: Iterable<string>): Set<string> => {
  const mended = new Set(changing)
  const changed = new Set(mended)
  const consumers = new Set<string>()
  // As often as there are agents: enough for the longest chain, whatever their order.
  for (const _ of scene.of.definition.agents)
    for (const name of scene.of.definition.agents) {
      const agent = getAgent(scene.plan, scene.of.phase, name)
      // Who makes the very thing would only undo what was mended.
      if (mended.has(agent.output)) continue
      if (!agent.inputs.some((input) => input !== agent.output && changed.has(input))) continue
      consumers.add(name)
      for (const output of getOutputs(scene, name)) changed.add(output)
    }
  return consumers
}

const isReviewer = ({ of }: Scene, name: string): boolean => of.definition.gate.review?.agent === name

const getFixer = ({ plan, of }: Scene): AgentDefinition | undefined =>
  of.definition.fix_agent === undefined ? undefined : getAgent(plan, of.phase, of.definition.fix_agent)

/** What a tool measured, looked up through the tools whose reports it read. */
const findMeasured = (scene: Scene, tool: string, seen = new Set<string>()): string[] => {
  if (seen.has(tool)) return []
  seen.add(tool)
  const { inputs, output } = getAgent(scene.plan, scene.of.phase, tool)
  return inputs
    .filter((name) => name !== output && name !== IDEA)
    .flatMap((name) => {
      const producer = findProducer(scene, name)
      if (producer === null) return [name]
      if (isReviewer(scene, producer)) return []
      const { kind } = getAgent(scene.plan, scene.of.phase, producer)
      return kind === 'tool' ? findMeasured(scene, producer, seen) : [name]
    })
}

/**
 * Whom a tool's bad report is laid to. Nobody mends a measurement: it is the fix agent's own artifact where
 * that was measured (a scanner's finding is mended in the code), else what agents of this phase made.
 */
const findMended = (scene: Scene, tool: string, failing: readonly string[]): string[] => {
  const measured = findMeasured(scene, tool)
  const fixer = getFixer(scene)
  if (fixer && measured.includes(fixer.output)) return [fixer.output]
  const own = measured.filter((name) => findProducer(scene, name) !== null)
  // What fails by a check of its own needs nobody to trace it.
  return own.some((name) => failing.includes(name)) ? [] : own
}

const blameOne = (scene: Scene, artifact: string, failing: readonly string[]): Blame => {
  const producer = findProducer(scene, artifact)
  if (producer === null) return { blamed: [{ artifact, sources: [artifact] }], again: [] }
  // A review is no part of the work: its author is told, and it is given again.
  if (isReviewer(scene, producer)) return { blamed: [], again: [producer] }
  const { kind } = getAgent(scene.plan, scene.of.phase, producer)
  if (kind !== 'tool') return { blamed: [{ artifact, sources: [artifact] }], again: [] }
  const mended = findMended(scene, producer, failing)
  return { blamed: mended.map((name) => ({ artifact: name, sources: [artifact] })), again: [producer] }
}

/** Lays what failed to the artifacts that have to change, sorted by name; the idea is nobody's to mend. */
export const findBlame = (scene: Scene, judgement: Judgement): Blame => {
  const names = [...new Set(judgement.failing.flatMap(({ artifacts }) => artifacts))].toSorted()
  const failing = names.filter((name) => name !== IDEA && findNewest(scene.state, name) !== undefined)
  const parts = failing.map((name) => blameOne(scene, name, failing))
  const byArtifact = Map.groupBy(
    parts.flatMap(({ blamed }) => blamed),
    ({ artifact }) => artifact,
  )
  const blamed = [...byArtifact].map(([artifact, group]) => ({
    artifact,
    sources: group.flatMap(({ sources }) => sources),
  }))
  return {
    blamed: blamed.toSorted((a, b) => (a.artifact < b.artifact ? -1 : 1)),
    again: [...new Set(parts.flatMap(({ again }) => again))],
  }
}
