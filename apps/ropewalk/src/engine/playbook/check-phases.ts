import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { Review } from '@ropewalk/core/contract/documents/review'
import type { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { findOutsideTool, isToolNamed } from '@ropewalk/core/contract/tool-name'
import { findGuard, listGuards } from '@ropewalk/guards/registry'
import type { PlaybookFault } from './fault.ts'
import { AGENT_TOOLS } from './known-names.ts'
import type { LoadedAgent } from './load-agents.ts'
import type { LoadedPhase } from './load-phases.ts'
import { suggest } from './suggest.ts'

/** A phase whose file is in the form of the contract. */
export type WholePhase = LoadedPhase & { readonly definition: PhaseDefinition }

/** All that is known of a playbook while names are looked up in it. */
export type Book = { readonly phases: readonly LoadedPhase[]; readonly agents: readonly LoadedAgent[] }

/** The rubric that comes with an independent review, fed by the engine's own guard. */
const REVIEW = 'review'

const at = ({ file }: LoadedPhase, where: readonly PropertyKey[]) => ({
  path: file.path,
  ...file.locate(where),
})

const atKey = ({ file }: LoadedPhase, where: readonly PropertyKey[], key: string) => ({
  path: file.path,
  ...file.locateKey(where, key),
})

type NamedAgent = { readonly name: string; readonly where: readonly PropertyKey[] }

const listNamed = ({ definition }: WholePhase): NamedAgent[] => [
  ...definition.agents.map((name, index) => ({ name, where: ['agents', index] })),
  ...(definition.fix_agent === undefined ? [] : [{ name: definition.fix_agent, where: ['fix_agent'] }]),
  ...(definition.gate.review === undefined
    ? []
    : [{ name: definition.gate.review.agent, where: ['gate', 'review', 'agent'] }]),
]

/** The agents that a phase puts to work, each once: its own, its fix agent, its reviewer. */
export const listUsedAgents = (phase: WholePhase, { agents }: Book): LoadedAgent[] => [
  ...new Set(listNamed(phase).flatMap(({ name }) => agents.find((agent) => agent.name === name) ?? [])),
]

const checkAgentNames = (phase: WholePhase, book: Book): PlaybookFault[] => {
  const { agents: own } = phase.definition
  const ofPhase = book.agents.filter((agent) => agent.phase === phase.name).map(({ name }) => name)
  return listNamed(phase).flatMap(({ name, where }): PlaybookFault[] => {
    const found = book.agents.find((agent) => agent.name === name)
    const [key] = where
    if (found === undefined)
      return [
        {
          ...at(phase, where),
          problem: `${String(key)} names the agent ${name}, which no file defines.`,
          fix: suggest(
            name,
            [...ofPhase, ...book.agents.map((agent) => agent.name)],
            `Write agents/${phase.name}/${name}.md or remove it.`,
          ),
        },
      ]
    if (found.phase !== phase.name && !found.file.name.startsWith('agents/shared/'))
      return [
        {
          ...at(phase, where),
          problem: `the agent ${name} belongs to the phase ${found.phase}, not to ${phase.name}.`,
          fix: `Give this phase an agent of its own in agents/${phase.name}/.`,
        },
      ]
    return key === 'agents' && own.indexOf(name) !== where[1]
      ? [{ ...at(phase, where), problem: `agents names ${name} twice.`, fix: 'Remove one of the two.' }]
      : []
  })
}

/** A review is somebody else's judgement: by no agent that does the work of the phase or mends it. */
const checkReviewer = (phase: WholePhase, book: Book): PlaybookFault[] => {
  const { agents, fix_agent: fixer, gate } = phase.definition
  const name = gate.review?.agent
  if (name === undefined) return []
  if (agents.includes(name) || name === fixer)
    return [
      {
        ...at(phase, ['gate', 'review', 'agent']),
        problem: `the reviewer ${name} also works in the phase ${phase.name}, so it would judge its own work.`,
        fix: 'Name an agent that does nothing else here.',
      },
    ]
  const reviewer = book.agents.find((agent) => agent.name === name)
  if (reviewer?.definition === undefined || findDocumentContract(reviewer.definition.output) === Review)
    return []
  return [
    {
      path: reviewer.file.path,
      ...reviewer.file.locate(['output']),
      problem: `the reviewer ${name} hands in ${reviewer.definition.output}, which is no review.`,
      fix: 'Let its output be PrdReview, ArchitectureReview or CodeReview.',
    },
  ]
}

/** Outside servers run with the operator's rights and secrets, as nothing else that a cloned repository says does. */
const checkOutsideTools = (phase: WholePhase, book: Book): PlaybookFault[] => {
  const named = [
    { file: phase.file, key: 'allowlisted_tools', tools: phase.definition.allowlisted_tools },
    ...listUsedAgents(phase, book).map(({ file, definition }) => ({
      file,
      key: 'tools',
      tools: definition?.tools ?? [],
    })),
  ]
  return named
    .filter(({ file }) => file.isProject)
    .flatMap(({ file, key, tools }) =>
      tools.flatMap((tool, index) =>
        findOutsideTool(tool) === undefined
          ? []
          : [
              {
                path: file.path,
                ...file.locate([key, index]),
                problem: `a project's own playbook may not use tools of outside servers (${tool}): whoever cloned it would lend them unasked.`,
                fix: 'Remove it here; a playbook that you name yourself (ROPEWALK_PLAYBOOK) may name them.',
              },
            ],
      ),
    )
}

const checkTools = (phase: WholePhase, book: Book): PlaybookFault[] => {
  const allowed = phase.definition.allowlisted_tools
  const unknown = allowed.flatMap((tool, index) =>
    findOutsideTool(tool) !== undefined || AGENT_TOOLS.some((known) => known === tool)
      ? []
      : [
          {
            ...at(phase, ['allowlisted_tools', index]),
            problem: `there is no tool ${tool} for agents; there are ${AGENT_TOOLS.join(', ')}, and mcp:SERVER/TOOL.`,
            fix: suggest(tool, AGENT_TOOLS, 'Remove it.'),
          },
        ],
  )
  const foreign = listUsedAgents(phase, book).flatMap(({ file, name, definition }) =>
    (definition?.tools ?? []).flatMap((tool, index) =>
      isToolNamed(tool, allowed)
        ? []
        : [
            {
              path: file.path,
              ...file.locate(['tools', index]),
              problem: `the agent ${name} wants the tool ${tool}, which its phase ${phase.name} does not allow.`,
              fix: suggest(
                tool,
                allowed,
                `Put it on allowlisted_tools of phases/${phase.name}.yaml, or take it from the agent.`,
              ),
            },
          ],
    ),
  )
  return [...unknown, ...foreign, ...checkOutsideTools(phase, book)]
}

const checkGuards = (phase: WholePhase): PlaybookFault[] => {
  const { guards, rubrics } = phase.definition
  const names = listGuards().map(({ name }) => name)
  return guards.flatMap((use, index): PlaybookFault[] => {
    const guard = findGuard(use.guard)
    const settings = guard?.settings?.safeParse(use.settings)
    return [
      ...(guard === undefined
        ? [
            {
              ...at(phase, ['guards', index, 'guard']),
              problem: `there is no guard ${use.guard}; there are ${names.join(', ')}.`,
              fix: suggest(use.guard, names, 'Remove it.'),
            },
          ]
        : []),
      ...(settings?.error?.issues ?? []).map((issue) => ({
        ...(issue.code === 'unrecognized_keys'
          ? atKey(phase, ['guards', index, 'settings', ...issue.path], issue.keys[0] ?? '')
          : at(phase, ['guards', index, 'settings', ...issue.path])),
        problem: `the guard ${use.guard} does not take these settings: ${issue.path.map(String).join('.')}${issue.path.length === 0 ? '' : ': '}${issue.message}.`,
        fix: 'Change or remove that setting.',
      })),
      ...(Object.hasOwn(rubrics, use.rubric) ||
      (use.guard === REVIEW && phase.definition.gate.review !== undefined)
        ? []
        : [
            {
              ...at(phase, ['guards', index, 'rubric']),
              problem: `the guard ${use.guard} feeds the rubric ${use.rubric}, which rubrics does not define.`,
              fix: suggest(use.rubric, Object.keys(rubrics), `Add ${use.rubric} to rubrics.`),
            },
          ]),
    ]
  })
}

const checkRubrics = (phase: WholePhase): PlaybookFault[] => {
  const { guards, rubrics, gate, waivers } = phase.definition
  const unfed = Object.keys(rubrics)
    .filter((name) => !guards.some((use) => use.rubric === name))
    .filter((name) => name !== REVIEW || gate.review === undefined)
    .map((name) => ({
      ...atKey(phase, ['rubrics'], name),
      problem: `no guard feeds the rubric ${name}, so nothing would ever be known of it.`,
      fix: 'Add a guard with this rubric, or remove the rubric.',
    }))
  const declared = waivers.declared.flatMap((waiver, index): PlaybookFault[] => {
    const rubric = rubrics[waiver.rubric]
    const where = { ...at(phase, ['waivers', 'declared', index, 'rubric']) }
    if (rubric === undefined)
      return [
        {
          ...where,
          problem: `the waiver is for the rubric ${waiver.rubric}, which rubrics does not define.`,
          fix: suggest(waiver.rubric, Object.keys(rubrics), 'Remove the waiver.'),
        },
      ]
    if (!rubric.waivable)
      return [
        {
          ...where,
          problem: `the rubric ${waiver.rubric} has waivable: false, so nobody may be let off it.`,
          fix: 'Remove the waiver.',
        },
      ]
    return waiver.days > waivers.max_days
      ? [
          {
            ...at(phase, ['waivers', 'declared', index, 'days']),
            problem: `the waiver lasts ${waiver.days} days; max_days is ${waivers.max_days}.`,
            fix: `Write ${waivers.max_days} or less.`,
          },
        ]
      : []
  })
  return [...unfed, ...declared]
}

/** What one phase file says of agents, tools, guards, rubrics and waivers that does not exist or does not fit. */
export const checkPhase = (phase: WholePhase, book: Book): PlaybookFault[] => [
  ...checkAgentNames(phase, book),
  ...checkReviewer(phase, book),
  ...checkTools(phase, book),
  ...checkGuards(phase),
  ...checkRubrics(phase),
]

/** Phases that come before `name`, directly or through others. */
export const listBefore = (phases: readonly LoadedPhase[], name: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (each: string): void => {
    for (const need of phases.find((phase) => phase.name === each)?.definition?.needs ?? []) {
      if (found.has(need)) continue
      found.add(need)
      visit(need)
    }
  }
  visit(name)
  return found
}

/** Where a circle can be cut: a need in the phase's own file, else the `before` of the file that added it. */
const findCut = (phase: LoadedPhase, circle: readonly LoadedPhase[]) => {
  const isWithin = (name: string) => circle.some((other) => other.name === name)
  const { needs } = phase.file.value as { readonly needs?: readonly string[] }
  const index = (needs ?? []).findIndex(isWithin)
  if (index >= 0) return { file: phase.file, place: at(phase, ['needs', index]) }
  const adder = circle.find(({ name }) => phase.addedNeeds.includes(name))
  return adder === undefined
    ? { file: phase.file, place: at(phase, ['needs']) }
    : { file: adder.file, place: atKey(adder, [], 'before') }
}

const listCircles = (phases: readonly LoadedPhase[]): (readonly LoadedPhase[])[] => {
  const circles: (readonly LoadedPhase[])[] = []
  for (const phase of phases) {
    const before = listBefore(phases, phase.name)
    if (!before.has(phase.name) || circles.some((circle) => circle.includes(phase))) continue
    circles.push(phases.filter(({ name }) => before.has(name) && listBefore(phases, name).has(phase.name)))
  }
  return circles
}

/**
 * Phases that wait for each other: every place at which the circle can be cut, since nobody can tell which of them
 * was meant; those of the project alone where it has part in it.
 */
export const checkOrder = (phases: readonly LoadedPhase[]): PlaybookFault[] =>
  listCircles(phases).flatMap((circle) => {
    const words = circle.map(({ name, definition }) => {
      const needs = definition?.needs ?? []
      return `${name} needs ${needs.filter((need) => circle.some((other) => other.name === need)).join(', ')}`
    })
    const cuts = circle.map((phase) => findCut(phase, circle))
    const own = cuts.filter(({ file }) => file.isProject)
    return (own.length > 0 ? own : cuts).map(({ place }) => ({
      ...place,
      problem: `these phases wait for each other: ${words.join('; ')}.`,
      fix: 'Remove one of these needs.',
    }))
  })
