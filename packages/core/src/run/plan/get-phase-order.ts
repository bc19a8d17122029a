import type { RunPlan } from '../../contract/run-plan.ts'

/** What an order of phases is made from. */
type Dependencies = Readonly<Record<string, readonly string[]>>

/**
 * Names in an order in which each comes after all it needs; of those that could be next, the first given.
 * `stuck` are those that need each other in a circle, or something that is not there.
 */
export const sortByNeeds = (
  names: readonly string[],
  dependencies: Dependencies,
): { readonly order: readonly string[]; readonly stuck: readonly string[] } => {
  const order: string[] = []
  let left = [...names]
  while (left.length > 0) {
    const next = left.find((name) => (dependencies[name] ?? []).every((need) => order.includes(need)))
    if (next === undefined) break
    order.push(next)
    left = left.filter((name) => name !== next)
  }
  return { order, stuck: left }
}

/** The phases of a checked plan, each after all it needs. */
export const getPhaseOrder = (plan: Pick<RunPlan, 'phases' | 'dependencies'>): string[] => {
  const { order, stuck } = sortByNeeds(
    plan.phases.map(({ phase }) => phase),
    plan.dependencies,
  )
  return [...order, ...stuck]
}
