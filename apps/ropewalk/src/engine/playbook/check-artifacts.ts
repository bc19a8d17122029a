import { DOCUMENTS } from '@ropewalk/core/contract/documents'
import { type Book, listBefore, listUsedAgents, type WholePhase } from './check-phases.ts'
import type { PlaybookFault } from './fault.ts'
import { GIVEN_ARTIFACTS, listOutputs } from './known-names.ts'
import { checkOutput, type LoadedAgent } from './load-agents.ts'
import { suggest } from './suggest.ts'

/** What each phase makes, by name of the artifact. */
type Makers = ReadonlyMap<string, readonly string[]>

/** Agents that put work on the table: a fix agent makes what others made before it. */
const listMakers = (phase: WholePhase, book: Book): LoadedAgent[] => {
  const { agents, gate } = phase.definition
  const names = [...agents, ...(gate.review === undefined ? [] : [gate.review.agent])]
  return listUsedAgents(phase, book).filter(({ name }) => names.includes(name))
}

const mapMakers = (phases: readonly WholePhase[], book: Book): Makers => {
  const makers = new Map<string, string[]>()
  for (const phase of phases) {
    for (const output of listMakers(phase, book).flatMap(listOutputs))
      makers.set(output, [...(makers.get(output) ?? []), phase.name])
  }
  return makers
}

/** Why a phase cannot have an artifact by then, or undefined where it can. */
const findLack = (
  name: string,
  of: { readonly phase: string; readonly before: ReadonlySet<string>; readonly makers: Makers },
): Pick<PlaybookFault, 'problem' | 'fix'> | undefined => {
  if (GIVEN_ARTIFACTS.includes(name)) return undefined
  const made = of.makers.get(name) ?? []
  if (made.some((phase) => phase === of.phase || of.before.has(phase))) return undefined
  if (made.length > 0)
    return {
      problem: `${name} is made in the phase ${made.join(', ')}, which does not come before ${of.phase}.`,
      fix: `Remove it, or put ${made.join(', ')} among what ${of.phase} needs.`,
    }
  return {
    problem: `no agent of the playbook makes ${name}.`,
    fix: suggest(
      name,
      [...of.makers.keys(), ...GIVEN_ARTIFACTS],
      'Remove it, or add an agent that hands it in.',
    ),
  }
}

const checkInputs = (
  phase: WholePhase,
  book: Book,
  lacks: (name: string) => ReturnType<typeof findLack>,
): PlaybookFault[] =>
  listUsedAgents(phase, book).flatMap(({ file, name, definition }) =>
    (definition?.inputs ?? []).flatMap((input, index) => {
      const lack = lacks(input)
      return lack === undefined
        ? []
        : [
            {
              path: file.path,
              ...file.locate(['inputs', index]),
              problem: `the agent ${name} of the phase ${phase.name} reads ${input}, but ${lack.problem}`,
              fix: lack.fix,
            },
          ]
    }),
  )

const checkJudged = (
  phase: WholePhase,
  lacks: (name: string) => ReturnType<typeof findLack>,
): PlaybookFault[] => {
  const { file, definition } = phase
  const named = [
    ...definition.guards.flatMap(({ guard, artifacts }, index) =>
      artifacts.map((name, place) => ({
        name,
        where: ['guards', index, 'artifacts', place],
        who: `the guard ${guard} judges ${name}`,
      })),
    ),
    ...(definition.gate.review === undefined
      ? []
      : [
          {
            name: definition.gate.review.artifact,
            where: ['gate', 'review', 'artifact'],
            who: `the review is of ${definition.gate.review.artifact}`,
          },
        ]),
  ]
  return named.flatMap(({ name, where, who }) => {
    const lack = lacks(name)
    return lack === undefined
      ? []
      : [{ path: file.path, ...file.locate(where), problem: `${who}, but ${lack.problem}`, fix: lack.fix }]
  })
}

const checkRequired = (phase: WholePhase, book: Book): PlaybookFault[] => {
  const made = listMakers(phase, book).flatMap(listOutputs)
  return phase.definition.required_artifacts.flatMap((name, index) =>
    made.includes(name)
      ? []
      : [
          {
            path: phase.file.path,
            ...phase.file.locate(['required_artifacts', index]),
            problem: `${name} is required of the phase ${phase.name}, and none of its agents makes it.`,
            fix: suggest(
              name,
              made,
              `Remove it, or name an agent that hands it in; they make ${made.join(', ')}.`,
            ),
          },
        ],
  )
}

/** Agents of a project that no phase puts to work: their file does nothing, which its author cannot have meant. */
const checkIdle = (phases: readonly WholePhase[], book: Book): PlaybookFault[] => {
  const used = new Set(phases.flatMap((phase) => listUsedAgents(phase, book)))
  return book.agents
    .filter(
      (agent) => agent.file.isProject && !used.has(agent) && !agent.file.name.startsWith('agents/shared/'),
    )
    .map(({ file, name, phase }) => ({
      path: file.path,
      ...file.locate(['agent']),
      problem: `no phase names the agent ${name}, so it would do nothing.`,
      fix: `Name it among the agents of phases/${phase}.yaml, or remove the file.`,
    }))
}

/** What agents and guards read that nobody makes by then, and what agents make that nothing can check. */
export const checkArtifacts = (phases: readonly WholePhase[], book: Book): PlaybookFault[] => {
  const makers = mapMakers(phases, book)
  const documents = Object.keys(DOCUMENTS)
  return [
    ...phases.flatMap((phase) => {
      const before = listBefore(book.phases, phase.name)
      const lacks = (name: string) => findLack(name, { phase: phase.name, before, makers })
      return [
        ...checkInputs(phase, book, lacks),
        ...checkJudged(phase, lacks),
        ...checkRequired(phase, book),
        ...listMakers(phase, book).flatMap((agent) => checkOutput(agent, documents)),
      ]
    }),
    ...checkIdle(phases, book),
  ]
}
