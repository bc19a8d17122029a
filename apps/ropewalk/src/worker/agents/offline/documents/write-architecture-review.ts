import type { Prd } from '@ropewalk/core/contract/documents'
import type { ArchitectureDoc } from '@ropewalk/core/contract/documents/architecture'
import type { Review } from '@ropewalk/core/contract/documents/review'
import type { AgentJob } from '../../../agent-runtime.ts'
import { findInput, readInput } from './inputs.ts'
import { conclude, find, leadsNowhere, MARK, type Finding } from './parts/review-rules.ts'

const KINDS = ['context', 'container', 'sequence', 'deployment'] as const

const checkCover = ({ components }: ArchitectureDoc, prd: Prd): Finding[] => {
  const carried = new Set(components.flatMap(({ requirements }) => requirements))
  const known = new Set(prd.requirements.map(({ id }) => id))
  return [
    ...prd.requirements.flatMap(({ id }, index) =>
      carried.has(id)
        ? []
        : [find('high', `No component carries ${id}.`, [`PRD#/requirements/${String(index)}`], id)],
    ),
    ...components.flatMap(({ id, requirements }, index) =>
      requirements
        .filter((requirement) => !known.has(requirement))
        .map((requirement) =>
          find('high', `${id} names ${requirement}, which the PRD does not have.`, [
            `ArchitectureDoc#/components/${String(index)}`,
          ]),
        ),
    ),
  ]
}

const checkComponents = (job: AgentJob, { components }: ArchitectureDoc): Finding[] => {
  const known = new Set(components.map(({ id }) => id))
  return components.flatMap(({ id, depends_on: needs, cites, responsibility }, index) => {
    const at = `ArchitectureDoc#/components/${String(index)}`
    return [
      ...needs
        .filter((need) => !known.has(need) || need === id)
        .map((need) => find('high', `${id} depends on ${need}, which is no other component.`, [at])),
      ...cites
        .filter((citation) => leadsNowhere(job, citation))
        .map((citation) => find('high', `${id} cites ${citation}, which says nothing.`, [at])),
      ...(MARK.test(responsibility) ? [find('high', `${id} holds a mark of unfinished work.`, [at])] : []),
    ]
  })
}

const checkDecisions = (job: AgentJob, { adrs }: ArchitectureDoc): Finding[] =>
  adrs.flatMap(({ id, decision, context, cites }, index) => {
    const at = `ArchitectureDoc#/adrs/${String(index)}`
    return [
      ...(decision.trim() === context.trim()
        ? [find('high', `${id} decides nothing beyond its context.`, [at])]
        : []),
      ...(MARK.test(`${decision} ${context}`)
        ? [find('high', `${id} holds a mark of unfinished work.`, [at])]
        : []),
      ...cites
        .filter((citation) => leadsNowhere(job, citation))
        .map((citation) => find('high', `${id} cites ${citation}, which says nothing.`, [at])),
    ]
  })

const checkLoad = ({ scalability }: ArchitectureDoc): Finding[] => {
  const { expected_requests_per_second: expected, capacity_requests_per_second: capacity } = scalability
  return capacity >= expected
    ? []
    : [
        find(
          'high',
          `It bears ${String(capacity)} requests a second, and ${String(expected)} are expected.`,
          ['ArchitectureDoc#/scalability'],
        ),
      ]
}

const checkDiagrams = ({ diagrams }: ArchitectureDoc): Finding[] =>
  KINDS.filter((kind) => !diagrams.some((diagram) => diagram.kind === kind)).map((kind) =>
    find('medium', `There is no diagram of kind ${kind}.`, ['ArchitectureDoc#/diagrams']),
  )

const checkQualities = (job: AgentJob): Finding[] => {
  const nfrs = findInput(job, 'NFRs')
  const infrastructure = findInput(job, 'InfrastructureSpec')
  if (nfrs === undefined || infrastructure === undefined) return []
  const met = new Set(infrastructure.nfrs.map(({ id }) => id))
  return nfrs.requirements.flatMap(({ id }, index) =>
    met.has(id)
      ? []
      : [find('medium', `Nothing says how ${id} is met.`, [`NFRs#/requirements/${String(index)}`])],
  )
}

/** Looks at an architecture as somebody who did not draw it, with the requirements beside. */
export const writeArchitectureReview = (job: AgentJob): Review => {
  const architecture = readInput(job, 'ArchitectureDoc')
  const prd = readInput(job, 'PRD')
  return conclude(
    'ArchitectureDoc',
    `${String(architecture.components.length)} components and ${String(architecture.adrs.length)} decisions were read against ${String(prd.requirements.length)} requirements.`,
    [
      ...checkCover(architecture, prd),
      ...checkComponents(job, architecture),
      ...checkDecisions(job, architecture),
      ...checkLoad(architecture),
      ...checkDiagrams(architecture),
      ...checkQualities(job),
    ],
  )
}
