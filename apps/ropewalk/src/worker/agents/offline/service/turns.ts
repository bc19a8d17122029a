import type { FeatureName } from '../design.ts'
import { narrow, type Blueprint } from './blueprint.ts'

/** What the coders of the playbook each add, in the order in which one stands on the other. */
export const TURNS = [
  'database',
  'backend',
  'frontend',
  'integration',
  'test',
  'story-implementer',
  'story-tester',
  'responsive',
] as const
export type Turn = (typeof TURNS)[number]

const BUILD: readonly Turn[] = ['database', 'backend', 'frontend', 'integration', 'test']
const STORIES: readonly Turn[] = ['story-implementer', 'story-tester']

/** The turns of which the code of a turn is made: its own and those it stands on. */
const LEADS: Readonly<Record<Turn, readonly Turn[]>> = {
  database: ['database'],
  backend: BUILD.slice(0, 2),
  frontend: BUILD.slice(0, 3),
  integration: BUILD.slice(0, 4),
  test: BUILD,
  'story-implementer': [...BUILD, 'story-implementer'],
  'story-tester': [...BUILD, ...STORIES],
  responsive: [...BUILD, 'responsive'],
}

/** Turns that stay when a turn of the group is taken again; what came after is done anew on the new code. */
const getKept = (turn: Turn): readonly Turn[] => {
  if (BUILD.includes(turn)) return BUILD
  return STORIES.includes(turn) ? [...BUILD, ...STORIES] : TURNS
}

const isTurn = (name: string): name is Turn => TURNS.some((turn) => turn === name)

const sort = (turns: Iterable<Turn>): readonly Turn[] => {
  const taken = new Set(turns)
  return TURNS.filter((turn) => taken.has(turn))
}

/** Mends the work of a phase: the last of its coders, with all before it. */
const FIXERS: Readonly<Record<string, Turn>> = {
  'build-fixer': 'test',
  'story-fixer': 'story-tester',
  'aesthetic-fixer': 'responsive',
}

/**
 * The turns that the code has after the agent's work on a base where `taken` were. A coder of a name that no
 * playbook of ours has writes the whole service; one that mends keeps to what was there.
 */
export const getTurns = (agent: string, taken: readonly Turn[], isFix: boolean): readonly Turn[] => {
  const turn = isTurn(agent) ? agent : Object.hasOwn(FIXERS, agent) ? FIXERS[agent] : undefined
  if (turn === undefined) return isFix && taken.length > 0 ? sort(taken) : LEADS['story-implementer']
  const kept = taken.filter((each) => getKept(turn).includes(each))
  return sort([...LEADS[turn], ...kept])
}

export const parseTurns = (names: readonly unknown[]): readonly Turn[] =>
  sort(names.filter((name): name is Turn => typeof name === 'string' && isTurn(name)))

/** What is built after these turns: the page comes with the frontend, what is not urgent with the story loop. */
export const getScope = (blueprint: Blueprint, turns: readonly Turn[]): Blueprint =>
  narrow(blueprint, (name: FeatureName) => {
    if (name === 'page') return turns.includes('frontend')
    return turns.includes('story-implementer') || !blueprint.later.includes(name)
  })
