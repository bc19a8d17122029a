import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { fact, getShare, judgeChecks, limit, share, show, type Check } from './checks.ts'
import { findMermaidFault, isNamedIn } from './mermaid.ts'

const KINDS = ['context', 'container', 'sequence', 'deployment'] as const

/** Four diagrams by row DX-P06, 0.95 of decisions complete by row DX-53. */
const Settings = z.strictObject({
  required_kinds: z.array(z.enum(KINDS)).default([...KINDS]),
  min_adrs: z.int().min(0).max(40).default(3),
  min_adrs_complete: z.number().min(0).max(1).default(0.95),
  /** The share of requirements of the PRD that some component carries. */
  min_requirements_covered: z.number().min(0).max(1).default(1),
  min: z.number().min(0).max(1).default(0.9),
})

type Architecture = DocumentOf<'ArchitectureDoc'>

const checkDiagrams = ({ diagrams, components }: Architecture, required: readonly string[]): Check[] => [
  ...required.map((kind) =>
    limit(
      diagrams.some((one) => one.kind === kind),
      `ArchitectureDoc#/diagrams has none of kind ${kind}.`,
    ),
  ),
  ...diagrams.map(({ kind, mermaid }, index) => {
    const fault = findMermaidFault(kind, mermaid)
    return limit(fault === undefined, `ArchitectureDoc#/diagrams/${index}/mermaid ${fault ?? ''}.`)
  }),
  // The container diagram is the one that is to show all the parts.
  ...components.map(({ id, name }, index) => {
    const shown = diagrams
      .filter(({ kind }) => kind === 'container')
      .some(({ mermaid }) => isNamedIn(mermaid, id, name))
    return share(
      shown,
      `ArchitectureDoc#/components/${index} (${id} ${name}) stands in no container diagram.`,
    )
  }),
]

const isComplete = ({
  context,
  decision,
  alternatives,
  consequences,
  status,
}: Architecture['adrs'][number]): boolean =>
  context.trim().length >= 20 &&
  decision.trim().length >= 20 &&
  context.trim() !== decision.trim() &&
  status !== 'rejected' &&
  alternatives.every(({ reason_refused: reason }) => reason.trim().length >= 10) &&
  consequences.every((consequence) => consequence.trim().length >= 10)

const checkDecisions = ({ adrs }: Architecture, settings: z.infer<typeof Settings>): Check[] => {
  const broken = adrs.filter((adr) => !isComplete(adr)).map(({ id }) => id)
  const complete = getShare(adrs.length - broken.length, adrs.length)
  const least = settings.min_adrs_complete
  return [
    limit(
      adrs.length >= settings.min_adrs,
      `ArchitectureDoc#/adrs has ${adrs.length}, expected at least ${settings.min_adrs}.`,
    ),
    limit(
      complete + 1e-9 >= least,
      `ArchitectureDoc#/adrs: ${show(complete)} are complete, expected ${show(least)}; ${broken.join(', ')} lack a context, decision, reason or consequence of their own.`,
    ),
  ]
}

const findCycle = (components: Architecture['components']): readonly string[] | undefined => {
  const needs = new Map(components.map(({ id, depends_on: names }) => [id, names]))
  const done = new Set<string>()
  const visit = (id: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id]
    if (done.has(id)) return undefined
    for (const next of needs.get(id) ?? []) {
      const cycle = visit(next, [...path, id])
      if (cycle !== undefined) return cycle
    }
    done.add(id)
    return undefined
  }
  for (const { id } of components) {
    const cycle = visit(id, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

const checkComponents = (architecture: Architecture): Check[] => {
  const { components } = architecture
  const known = new Set(components.map(({ id }) => id))
  const cycle = findCycle(components)
  return [
    ...components.flatMap(({ depends_on: names }, index) =>
      names.map((id) =>
        fact(
          known.has(id),
          `ArchitectureDoc#/components/${index}/depends_on names ${id}, which is no component.`,
        ),
      ),
    ),
    share(
      cycle === undefined,
      `ArchitectureDoc#/components depend on each other in a ring: ${cycle?.join(' → ') ?? ''}.`,
    ),
  ]
}

const findUncovered = (prd: DocumentOf<'PRD'>, { components }: Architecture): string[] => {
  const carried = new Set(components.flatMap(({ requirements }) => requirements))
  return prd.requirements.map(({ id }) => id).filter((id) => !carried.has(id))
}

/** Diagrams of each kind that draw what is described, whole decisions, and a component for each requirement. */
export const guard = makeGuard({
  name: 'diagrams',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const architecture = findDocument(input, 'ArchitectureDoc')
    const prd = findDocument(input, 'PRD')
    if (architecture === undefined) return lacks('ArchitectureDoc')
    if (prd === undefined) return lacks('PRD')
    const uncovered = findUncovered(prd, architecture)
    const covered = getShare(prd.requirements.length - uncovered.length, prd.requirements.length)
    const checks = [
      ...checkDiagrams(architecture, settings.required_kinds),
      ...checkDecisions(architecture, settings),
      ...checkComponents(architecture),
      limit(
        covered + 1e-9 >= settings.min_requirements_covered,
        `ArchitectureDoc#/components carry ${show(covered)} of the requirements, expected ${show(settings.min_requirements_covered)}: none names ${uncovered.join(', ')}.`,
      ),
    ]
    return judgeChecks(checks, settings.min, {
      diagrams: architecture.diagrams.length,
      adrs: architecture.adrs.length,
      requirements_covered: covered,
    })
  },
})
