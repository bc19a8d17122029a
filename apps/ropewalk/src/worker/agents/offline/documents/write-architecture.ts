import type { ArchitectureDoc } from '@ropewalk/core/contract/documents/architecture'
import type { NFRs } from '@ropewalk/core/contract/documents/prd'
import type { TechStackProposal } from '@ropewalk/core/contract/documents/ideation'
import { capitalise } from '../words.ts'
import { makeComponents } from './parts/components.ts'
import { listDecisionRecords } from './parts/decisions.ts'
import { drawDiagrams } from './parts/diagrams.ts'
import type { Product } from './parts/product.ts'
import { FIGURES } from './write-nfrs.ts'

const WORDS = 'two three four five six seven eight nine ten eleven twelve'.split(' ')

/** How many people the idea names, as a figure or a word; twenty where it names none. */
export const getPeople = ({ idea }: Product): number => {
  for (const text of [idea.users, ...idea.demands.quantities]) {
    const figure = /\b(\d{1,6})\b/u.exec(text)?.[1]
    if (figure !== undefined && Number(figure) > 0) return Number(figure)
    const word = WORDS.findIndex((each) => new RegExp(`\\b${each}\\b`, 'u').test(text))
    if (word >= 0) return word + 2
  }
  return 20
}

/** Kilobytes that one record takes, from the limits of its fields halved: few fill a field to its end. */
const getRecordKb = ({ design }: Product): number => {
  const bytes = design.fields.reduce(
    (sum, { type, max }) =>
      sum + (type === 'long text' ? (max ?? 2000) / 2 : type === 'list of short texts' ? 400 : 100),
    100,
  )
  return Math.ceil(bytes / 1000)
}

const RECORDS_PER_PERSON = 30
const REQUESTS_PER_PERSON = 0.1

const round = (value: number): number => Math.max(0.1, Math.round(value * 10) / 10)

const citeCapacity = (nfrs: NFRs | undefined): string[] => {
  const index = nfrs?.requirements.findIndex(({ category }) => category === 'capacity') ?? -1
  return index < 0 ? [] : [`NFRs#/requirements/${String(index)}`]
}

/** What the service must bear, computed from people and records; the load tool measures what it bears. */
export const getScalability = (product: Product, nfrs: NFRs | undefined): ArchitectureDoc['scalability'] => {
  const { design, cite } = product
  const { noun } = design
  const people = getPeople(product)
  const kb = getRecordKb(product)
  const expected = round(people * REQUESTS_PER_PERSON)
  // More people than one process can serve are said to be so: the guard then sees too little headroom.
  const capacity = FIGURES.requestsPerSecond
  const cites = [...citeCapacity(nfrs), ...cite('list')]
  return {
    summary: `${String(people)} people, each with ${String(RECORDS_PER_PERSON)} new ${noun.many} a month at ${String(kb)} kilobytes and a request every 10 seconds, are assumed.`,
    expected_users: people,
    expected_requests_per_second: expected,
    capacity_requests_per_second: capacity,
    data_growth_mb_per_month: round((people * RECORDS_PER_PERSON * kb) / 1000),
    bottleneck: `Each change writes the whole file of ${noun.many}, and changes wait for each other.`,
    measures: [
      {
        text: `The load tool counts how often GET /${noun.path} is answered in a second; a build below ${String(capacity)} fails its gate.`,
        cites,
      },
      {
        text: `${capitalise(noun.many)} are listed from memory, so that reading does not touch the disk.`,
        cites: cite('list', 'keep'),
      },
      {
        text: `From 50 megabytes on, the store is replaced by a database; only one part of the code knows the file.`,
        cites: cite('keep'),
      },
    ],
    score: capacity / expected >= 2 ? 0.9 : 0.6,
    cites,
  }
}

/** The parts of the service as the offline coder builds them, with drawings, decisions and what it bears. */
export const writeArchitecture = (
  product: Product,
  nfrs: NFRs | undefined,
  stack: TechStackProposal | undefined,
): ArchitectureDoc => {
  const components = makeComponents(product)
  const { noun } = product.design
  return {
    summary: `One process of plain Node.js in ${String(components.list.length)} parts keeps ${noun.many} in one file${product.gaps.length > 0 ? `; ${String(product.gaps.length)} requirements have no part that exists` : ''}.`,
    components: [...components.list],
    diagrams: drawDiagrams(product, components),
    adrs: listDecisionRecords(product, stack),
    scalability: getScalability(product, nfrs),
  }
}
