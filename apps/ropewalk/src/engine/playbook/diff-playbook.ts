import type { AgentDefinition, PhaseDefinition } from '@ropewalk/core/contract/playbook'
import type { JudgedPlaybook } from './read-playbook.ts'

/** One key that differs; null where it does not exist on that side. */
export type KeyChange = { readonly key: string; readonly from: string | null; readonly to: string | null }

/** One phase or agent that a project adds, removes or changes, with its file. */
export type PartChange = {
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly file: string
  readonly changes: readonly KeyChange[]
}

export type PlaybookDiff = { readonly phases: readonly PartChange[]; readonly agents: readonly PartChange[] }

type Facts = ReadonlyMap<string, string>

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const show = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.map(show).join(', ')
      : JSON.stringify(value)

/** Every value with its path as a key; lists stay whole, and objects that are empty stand for nothing. */
const listFacts = (value: unknown, key: string): [string, string][] =>
  isPlain(value)
    ? Object.entries(value).flatMap(([name, inner]) => listFacts(inner, key === '' ? name : `${key}.${name}`))
    : [[key, show(value)]]

const getPhaseFacts = ({ guards, ...rest }: PhaseDefinition): Facts => {
  const seen = new Map<string, number>()
  const checks = guards.map(({ guard, artifacts, rubric, settings }): [string, string] => {
    const name = `guard ${guard} on ${artifacts.join(', ')}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return [
      times === 1 ? name : `${name} (${times})`,
      `rubric ${rubric}${Object.keys(settings).length === 0 ? '' : ` ${JSON.stringify(settings)}`}`,
    ]
  })
  return new Map([...listFacts(rest, ''), ...checks])
}

const getAgentFacts = ({ prompt: _prompt, ...front }: AgentDefinition): Facts => new Map(listFacts(front, ''))

/** A prompt as a reader wants it compared: how many lines went and came. */
const comparePrompts = (from: string, to: string): KeyChange[] => {
  if (from === to) return []
  const [before, after] = [from.split('\n'), to.split('\n')]
  const count = (lines: readonly string[], others: readonly string[]) =>
    lines.filter((line) => line.trim() !== '' && !others.includes(line)).length
  return [
    {
      key: 'prompt',
      from: `${count(before, after)} lines of its own`,
      to: `${count(after, before)} lines of its own`,
    },
  ]
}

const compareFacts = (from: Facts, to: Facts): KeyChange[] =>
  [...new Set([...from.keys(), ...to.keys()])]
    .map((key) => ({ key, from: from.get(key) ?? null, to: to.get(key) ?? null }))
    .filter((change) => change.from !== change.to)

type Part<D> = { readonly name: string; readonly path: string; readonly definition: D | undefined }

const compareParts = <D>(
  from: readonly Part<D>[],
  to: readonly Part<D>[],
  compare: (before: D, after: D) => KeyChange[],
): PartChange[] => {
  const names = [...new Set([...from, ...to].map(({ name }) => name))]
  return names.flatMap((name): PartChange[] => {
    const before = from.find((part) => part.name === name)
    const after = to.find((part) => part.name === name)
    if (after === undefined) return [{ name, change: 'removed', file: before?.path ?? '', changes: [] }]
    if (before === undefined) return [{ name, change: 'added', file: after.path, changes: [] }]
    if (before.definition === undefined || after.definition === undefined) return []
    const changes = compare(before.definition, after.definition)
    return changes.length === 0 ? [] : [{ name, change: 'changed', file: after.path, changes }]
  })
}

const listPhaseParts = ({ phases }: JudgedPlaybook): Part<PhaseDefinition>[] =>
  phases.phases.map(({ name, file, definition }) => ({ name, path: file.path, definition }))

const listAgentParts = ({ agents }: JudgedPlaybook): Part<AgentDefinition>[] =>
  agents.agents.map(({ name, file, definition }) => ({ name, path: file.path, definition }))

/** What the second playbook has otherwise than the first, phase by phase and agent by agent. */
export const diffPlaybooks = (from: JudgedPlaybook, to: JudgedPlaybook): PlaybookDiff => ({
  phases: compareParts(listPhaseParts(from), listPhaseParts(to), (before, after) =>
    compareFacts(getPhaseFacts(before), getPhaseFacts(after)),
  ),
  agents: compareParts(listAgentParts(from), listAgentParts(to), (before, after) => [
    ...compareFacts(getAgentFacts(before), getAgentFacts(after)),
    ...comparePrompts(before.prompt, after.prompt),
  ]),
})
