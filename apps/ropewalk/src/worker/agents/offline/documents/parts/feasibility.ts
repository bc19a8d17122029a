import type { Feasibility } from '@ropewalk/core/contract/documents/shared'
import type { ParsedIdea } from '../../parse-idea.ts'

/** A year of a small machine, which is what one process and one file need. An assumption, and called one. */
export const HOSTING_PER_YEAR = 60

const round = (value: number): number => Math.round(value * 100) / 100

export type Weighed = {
  readonly idea: ParsedIdea
  readonly users: string
  /** How many goals there are, and how many of them no rule builds. */
  readonly goals: number
  readonly open: number
  readonly cites: readonly string[]
}

/** Whether the idea can be built, paid for and run, with the reason for each score. */
export const getFeasibility = ({ idea, users, goals, open, cites }: Weighed): Feasibility => {
  const { form } = idea.demands
  const isOther = form?.isProduct === true
  const share = goals === 0 ? 0 : open / goals
  const { noun } = idea.design
  const list = [...cites]
  return {
    technical: {
      score: round(Math.max(0.7, 0.95 - 0.3 * share - (isOther ? 0.15 : 0))),
      reason: isOther
        ? `The technique behind ${form.label} is known, and no rule of the offline model builds it: ${String(open)} of ${String(goals)} goals wait for a programmer or a language model.`
        : `Storing and listing ${noun.many} is known technique; ${String(goals - open)} of ${String(goals)} goals are built by rules${open > 0 ? `, and ${String(open)} wait for a programmer or a language model` : ''}.`,
      cites: list,
    },
    financial: {
      score: 0.75,
      reason: `One process and one file cost about ${String(HOSTING_PER_YEAR)} euros a year to host, which is assumed; nobody asked ${users} what they would pay.`,
      cites: list,
    },
    operational: {
      score: 0.85,
      reason: `One process without further packages and one file of ${noun.many} to copy are all there is to run.`,
      cites: list,
    },
  }
}
