import type { PhasePlan } from '../../contract/phase-plan.ts'
import type { RunPlan } from '../../contract/run-plan.ts'
import { clipList } from '../clip.ts'
import { findNewest, IDEA } from '../phase/inputs.ts'
import type { Round } from '../phase/start-phase.ts'
import { getAgent } from '../plan/find-in-plan.ts'
import type { FixRequest, RunState } from '../state.ts'
import type { Judgement } from './judge-gate.ts'

/** The most makers one round mends; what is left over fails again and is next. */
const MAX_FIXES = 10
/** Bytes of all reasons of a round, and of one fix: they are part of one event and of one task's spec. */
const ROUND_BYTES = 3600
const FIX_BYTES = 1200

/** The phase at hand, with all that is known of the run. */
type Scene = { readonly state: RunState; readonly plan: RunPlan; readonly of: PhasePlan }

/** A failing artifact. `producer` is the agent of this phase that makes it, null where none does. */
type Place = { readonly artifact: string; readonly producer: string | null; readonly maker: string }

/** The failing artifacts of one maker: two hands on the outputs of one agent would undo each other's work. */
type Group = {
  readonly producer: string | null
  readonly names: readonly string[]
  readonly fix: FixRequest
}

const getOutputs = ({ state, plan, of }: Scene, agent: string): string[] => {
  const made = Object.entries(state.phases.get(of.phase)?.outputs ?? {})
  const extras = made.filter(([, output]) => output.agent === agent).map(([name]) => name)
  return [getAgent(plan, of.phase, agent).output, ...extras]
}

const findPlace = (scene: Scene, artifact: string): Place | undefined => {
  const newest = findNewest(scene.state, artifact)
  if (!newest || artifact === IDEA) return undefined
  const { agents } = scene.of.definition
  const producer = agents.find((name) => getOutputs(scene, name).includes(artifact)) ?? null
  return { artifact, producer, maker: producer ?? `${newest.phase}/${newest.agent}` }
}

const getReasons = (judgement: Judgement, artifacts: readonly string[], maxBytes: number): string[] => {
  const reasons = judgement.failing
    .filter((report) => report.artifacts.some((name) => artifacts.includes(name)))
    .flatMap(({ guard, reasons: found, outcome }) =>
      found.length > 0 ? found.map((reason) => `${guard}: ${reason}`) : [`${guard}: ${outcome}`],
    )
  return clipList([...new Set(reasons)], { count: 8, maxChars: 300, maxBytes })
}

const makeGroups = (scene: Scene, judgement: Judgement): Group[] => {
  const failing = [...new Set(judgement.failing.flatMap(({ artifacts }) => artifacts))].toSorted()
  const places = failing.flatMap((name) => findPlace(scene, name) ?? [])
  const byMaker = [...Map.groupBy(places, ({ maker }) => maker).values()].slice(0, MAX_FIXES)
  const maxBytes = Math.min(FIX_BYTES, Math.floor(ROUND_BYTES / Math.max(1, byMaker.length)))
  return byMaker.map((group) => {
    const names = group.map(({ artifact }) => artifact)
    const producer = group[0]?.producer ?? null
    const main = producer === null ? undefined : getAgent(scene.plan, scene.of.phase, producer).output
    const artifact = main !== undefined && names.includes(main) ? main : (names[0] ?? '')
    return { producer, names, fix: { artifact, reasons: getReasons(judgement, names, maxBytes) } }
  })
}

/** Agents of the phase that read what is going to change, directly or through each other. */
const findConsumers = (scene: Scene, groups: readonly Group[]): Set<string> => {
  const producers = groups.flatMap(({ producer }) => producer ?? [])
  const changed = new Set([
    ...groups.flatMap(({ names }) => names),
    ...producers.flatMap((name) => getOutputs(scene, name)),
  ])
  const consumers = new Set<string>()
  // As often as there are agents: enough for the longest chain, whatever their order.
  for (const _ of scene.of.definition.agents)
    for (const name of scene.of.definition.agents) {
      const agent = getAgent(scene.plan, scene.of.phase, name)
      if (!agent.inputs.some((input) => input !== agent.output && changed.has(input))) continue
      consumers.add(name)
      for (const output of getOutputs(scene, name)) changed.add(output)
    }
  return consumers
}

/**
 * What a fix agent mends of other phases: only what it says it makes. A check may name what it read beside
 * what it judged, and code that fails its tests is no reason to have its requirements rewritten.
 */
const adoptForeign = (scene: Scene, all: readonly Group[], fixer: string): Group[] => {
  const artifact = getAgent(scene.plan, scene.of.phase, fixer).output
  return all
    .filter(({ producer, names }) => producer !== null || names.includes(artifact))
    .map((group) => (group.producer === null ? { ...group, fix: { ...group.fix, artifact } } : group))
}

/** The fix agent in the place of each producer; what no agent of this phase makes comes first. */
const planWithFixer = (scene: Scene, all: readonly Group[], fixer: string): Omit<Round, 'round'> => {
  const groups = adoptForeign(scene, all, fixer)
  const consumers = findConsumers(scene, groups)
  const foreign = groups.filter(({ producer }) => producer === null)
  const fixes = foreign.map(({ fix }) => fix)
  const stages = foreign.length > 0 ? [foreign.map(() => fixer)] : []
  const place = (name: string): string[] => {
    const group = groups.find(({ producer }) => producer === name)
    if (group) fixes.push(group.fix)
    else if (!consumers.has(name)) return []
    // Where the fix agent is also an agent of the phase, each of its places needs a request of its own.
    else if (name === fixer) {
      const artifact = getAgent(scene.plan, scene.of.phase, name).output
      fixes.push({ artifact, reasons: ['What it is made from has changed.'] })
    }
    return [group ? fixer : name]
  }
  for (const stage of scene.of.stages) {
    const entries = stage.flatMap(place)
    if (entries.length > 0) stages.push(entries)
  }
  return { stages, fixes }
}

/** The producers themselves once more, each told what failed, and their readers. */
const planWithoutFixer = (scene: Scene, groups: readonly Group[]): Omit<Round, 'round'> => {
  const own = groups.filter(({ producer }) => producer !== null)
  const keep = new Set([...own.flatMap(({ producer }) => producer ?? []), ...findConsumers(scene, own)])
  const stages = scene.of.stages.map((stage) => stage.filter((name) => keep.has(name)))
  const fixes = own.map(({ producer, fix }) => ({
    ...fix,
    artifact: getAgent(scene.plan, scene.of.phase, producer ?? '').output,
  }))
  return { stages: stages.filter((stage) => stage.length > 0), fixes }
}

/**
 * The next round of a phase whose gate failed: the producers of failing artifacts (or, in their place, the
 * fix agent) and the agents that read what those make. Where nothing can be pinned on anyone, or something
 * required is missing, the whole phase.
 */
export const planFixRound = (scene: Scene, judgement: Judgement): Round => {
  const { state, of } = scene
  const round = (state.phases.get(of.phase)?.round ?? 0) + 1
  const groups = judgement.missing.length > 0 ? [] : makeGroups(scene, judgement)
  const { fix_agent: fixer } = of.definition
  const planned = fixer === undefined ? planWithoutFixer(scene, groups) : planWithFixer(scene, groups, fixer)
  return planned.stages.length > 0 ? { round, ...planned } : { round, stages: of.stages, fixes: [] }
}
