import type { FixStrategy } from '../../contract/task-spec.ts'
import { clipList } from '../../clip.ts'
import { findNewest } from '../phase/inputs.ts'
import type { Round } from '../phase/start-phase.ts'
import { getAgent } from '../plan/find-in-plan.ts'
import type { FixRequest } from '../state.ts'
import { type Blamed, findBlame, findConsumers, findProducer, getOutputs, type Scene } from './blame.ts'
import type { Judgement } from './judge-gate.ts'

/** The most makers one round mends; what is left over fails again and is next. */
const MAX_FIXES = 10
/** The same where time is nearly out. */
const MAX_REDUCED_FIXES = 2
/** Bytes of all reasons of a round, and of one fix: they are part of one event and of one task's spec. */
const ROUND_BYTES = 3600
const FIX_BYTES = 1200

/** A failing artifact. `producer` is the agent of this phase that makes it, null where none does. */
type Place = Blamed & { readonly producer: string | null; readonly maker: string }

/** The failing artifacts of one maker: two hands on the outputs of one agent would undo each other's work. */
type Group = {
  readonly producer: string | null
  readonly names: readonly string[]
  readonly fix: FixRequest
}

/** What a round mends, and who else has to work in it. */
type Work = { readonly groups: readonly Group[]; readonly again: readonly string[] }

const findPlace = (scene: Scene, blamed: Blamed): Place => {
  const newest = findNewest(scene.state, blamed.artifact)
  const producer = findProducer(scene, blamed.artifact)
  return { ...blamed, producer, maker: producer ?? `${newest?.phase}/${newest?.agent}` }
}

const getReasons = (judgement: Judgement, sources: readonly string[], maxBytes: number): string[] => {
  const reasons = judgement.failing
    .filter((report) => report.artifacts.some((name) => sources.includes(name)))
    .flatMap(({ guard, reasons: found, outcome }) =>
      found.length > 0 ? found.map((reason) => `${guard}: ${reason}`) : [`${guard}: ${outcome}`],
    )
  return clipList([...new Set(reasons)], { count: 8, maxChars: 300, maxBytes })
}

/** How much the heaviest failing rubric weighs that complains of a place. */
const getWeight = ({ of }: Scene, judgement: Judgement, { sources }: Place): number => {
  const own = judgement.failing.filter(({ artifacts }) => artifacts.some((name) => sources.includes(name)))
  return Math.max(0, ...own.map(({ type }) => of.definition.rubrics[type]?.weight ?? 0))
}

const pickMakers = (scene: Scene, judgement: Judgement, strategy: FixStrategy, places: readonly Place[]) => {
  const makers = [...Map.groupBy(places, ({ maker }) => maker).values()]
  if (strategy !== 'reduce-scope') return makers.slice(0, MAX_FIXES)
  const weigh = (group: readonly Place[]) =>
    Math.max(...group.map((place) => getWeight(scene, judgement, place)))
  return makers.toSorted((a, b) => weigh(b) - weigh(a)).slice(0, MAX_REDUCED_FIXES)
}

const makeGroups = (
  scene: Scene,
  judgement: Judgement,
  strategy: FixStrategy,
  blamed: readonly Blamed[],
): Group[] => {
  const places = blamed.map((one) => findPlace(scene, one))
  const byMaker = pickMakers(scene, judgement, strategy, places)
  const maxBytes = Math.min(FIX_BYTES, Math.floor(ROUND_BYTES / Math.max(1, byMaker.length)))
  return byMaker.map((group) => {
    const names = group.map(({ artifact }) => artifact)
    const sources = group.flatMap((place) => place.sources)
    const producer = group[0]?.producer ?? null
    const main = producer === null ? undefined : getAgent(scene.plan, scene.of.phase, producer).output
    const artifact = main !== undefined && names.includes(main) ? main : (names[0] ?? '')
    return { producer, names, fix: { artifact, reasons: getReasons(judgement, sources, maxBytes) } }
  })
}

/** A reduced round leaves out agents whose output nothing requires or judges. */
const isNeeded = ({ plan, of }: Scene, name: string): boolean => {
  const { required_artifacts: required, guards } = of.definition
  const { output } = getAgent(plan, of.phase, name)
  return required.includes(output) || guards.some(({ artifacts }) => artifacts.includes(output))
}

/** Everybody who works in a round without mending: told to look again, and readers of what changes. */
const findOthers = (scene: Scene, { groups, again }: Work, strategy: FixStrategy): Set<string> => {
  const makers = [...again, ...groups.flatMap(({ producer }) => producer ?? [])]
  const changing = [
    ...groups.flatMap(({ names }) => names),
    ...makers.flatMap((name) => getOutputs(scene, name)),
  ]
  const readers = findConsumers(scene, changing)
  const others = [...readers].filter((name) => strategy !== 'reduce-scope' || isNeeded(scene, name))
  // Those that look again may read each other's reports, which the search for readers takes as given.
  return new Set([...again, ...others])
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

type Planned = Omit<Round, 'round'>

/** Coders mend code and others mend documents; what a fix agent cannot mend its producer does again. */
const canMend = ({ plan, of }: Scene, fixer: string, producer: string): boolean => {
  const isCoder = (name: string) => getAgent(plan, of.phase, name).kind === 'coder'
  return isCoder(fixer) === isCoder(producer)
}

/** A group as its own producer is asked to mend it: by the name of what that hands in. */
const makeOwnFix = ({ plan, of }: Scene, producer: string, { fix }: Group): FixRequest => ({
  ...fix,
  artifact: getAgent(plan, of.phase, producer).output,
})

/** The fix agent in the place of each producer; what no agent of this phase makes comes first. */
const planWithFixer = (scene: Scene, work: Work, strategy: FixStrategy, fixer: string): Planned => {
  const groups = adoptForeign(scene, work.groups, fixer)
  const others = findOthers(scene, { ...work, groups }, strategy)
  const foreign = groups.filter(({ producer }) => producer === null)
  // The n-th place of the fix agent takes the n-th request, so those of others come after all of its own.
  const fixes = foreign.map(({ fix }) => fix)
  const ownFixes: FixRequest[] = []
  const stages = foreign.length > 0 ? [foreign.map(() => fixer)] : []
  const place = (name: string): string[] => {
    const group = groups.find(({ producer }) => producer === name)
    if (group && canMend(scene, fixer, name)) {
      fixes.push(group.fix)
      return [fixer]
    }
    if (group) ownFixes.push(makeOwnFix(scene, name, group))
    else if (!others.has(name)) return []
    // Where the fix agent is also an agent of the phase, each of its places needs a request of its own.
    else if (name === fixer) {
      const artifact = getAgent(scene.plan, scene.of.phase, name).output
      fixes.push({ artifact, reasons: ['What it is made from has changed.'] })
    }
    return [name]
  }
  for (const stage of scene.of.stages) {
    const entries = stage.flatMap(place)
    if (entries.length > 0) stages.push(entries)
  }
  return { stages, fixes: [...fixes, ...ownFixes] }
}

/** The producers themselves once more, each told what failed, and their readers. */
const planWithoutFixer = (scene: Scene, work: Work, strategy: FixStrategy): Planned => {
  const own = work.groups.filter(({ producer }) => producer !== null)
  const others = findOthers(scene, { ...work, groups: own }, strategy)
  const keep = new Set([...own.flatMap(({ producer }) => producer ?? []), ...others])
  const stages = scene.of.stages.map((stage) => stage.filter((name) => keep.has(name)))
  const fixes = own.map((group) => makeOwnFix(scene, group.producer ?? '', group))
  return { stages: stages.filter((stage) => stage.length > 0), fixes }
}

/** Agents of the phase whose output is not there. */
const findAbsent = ({ state, plan, of }: Scene): string[] => {
  const outputs = state.phases.get(of.phase)?.outputs ?? {}
  return of.definition.agents.filter((name) => !Object.hasOwn(outputs, getAgent(plan, of.phase, name).output))
}

/** Who has to work again beside those that mend, by what the round is about. */
const findAgain = (scene: Scene, strategy: FixStrategy, again: readonly string[]): string[] => {
  const { agents } = scene.of.definition
  const isTool = (name: string) => getAgent(scene.plan, scene.of.phase, name).kind === 'tool'
  if (strategy === 'add-missing-agents') return [...again, ...findAbsent(scene)]
  // One scanner's finding may hide another's; all of them look at what was mended.
  if (strategy === 'rerun-security') return [...again, ...agents.filter(isTool)]
  return [...again]
}

/** Whether agents that did not hand in yet will bring all that is missing. */
const canBringMissing = (scene: Scene, missing: readonly string[]): boolean => {
  const coming = findAbsent(scene).map((name) => getAgent(scene.plan, scene.of.phase, name).output)
  return missing.every((name) => coming.includes(name))
}

/**
 * The next round of a phase whose gate failed: the producers of failing artifacts (or, in their place, the
 * fix agent) and the agents that read what those make; a tool is never mended, it measures again. Where
 * nothing can be pinned on anyone, or what is missing is nobody's own output, the whole phase.
 */
export const planFixRound = (scene: Scene, judgement: Judgement, strategy: FixStrategy): Round => {
  const { state, of } = scene
  const round = (state.phases.get(of.phase)?.round ?? 0) + 1
  const whole = { round, stages: of.stages, fixes: [] }
  if (!canBringMissing(scene, judgement.missing)) return whole
  const blame = findBlame(scene, judgement)
  const groups = makeGroups(scene, judgement, strategy, blame.blamed)
  const work = { groups, again: [...new Set(findAgain(scene, strategy, blame.again))] }
  const { fix_agent: fixer } = of.definition
  const planned =
    fixer === undefined
      ? planWithoutFixer(scene, work, strategy)
      : planWithFixer(scene, work, strategy, fixer)
  return planned.stages.length > 0 ? { round, ...planned } : whole
}
