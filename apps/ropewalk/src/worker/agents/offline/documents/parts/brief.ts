import type { IdeaSpec } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { getBareWish, isNotBuilt } from '../../demands.ts'
import type { Design, FeatureName } from '../../design.ts'
import { findFeature } from '../../features/recognise.ts'
import { parseIdea, type ParsedIdea } from '../../parse-idea.ts'
import { getInner } from '../../words.ts'
import { getIdea, readInput } from '../inputs.ts'
import { readIdeaBySpec } from './existing.ts'
import { readDesignOfSpec } from '../write-prd.ts'

/** What the documents before the requirements rest on: the idea, its specification, and what that describes. */
export type Brief = {
  readonly idea: ParsedIdea
  readonly spec: IdeaSpec
  readonly design: Design
  /** The users of the specification in the middle of a sentence. */
  readonly users: string
  /** The goal of a feature as a citation; the summary where no goal is about it. */
  readonly citeGoal: (name: FeatureName) => string
  /** The constraint that a pattern fits, as a citation; the summary where none does. */
  readonly citeConstraint: (pattern: RegExp) => string
  /** Goals that no rule builds, with their citations; `wish` is what each asks for. */
  readonly open: readonly { readonly text: string; readonly wish: string; readonly cite: string }[]
}

export const makeBrief = (spec: IdeaSpec, parsed: ParsedIdea): Brief => {
  const idea = readIdeaBySpec(parsed, spec)
  return {
    idea,
    spec,
    design: readDesignOfSpec(spec, idea),
    users: getInner(spec.users[0]?.name ?? idea.users),
    citeGoal: (name) => {
      const index = spec.goals.findIndex(({ text }) => findFeature(text)?.name === name)
      return index < 0 ? 'IdeaSpec#/summary' : `IdeaSpec#/goals/${String(index)}`
    },
    citeConstraint: (pattern) => {
      const index = spec.constraints.findIndex(({ text }) => pattern.test(text))
      return index < 0 ? 'IdeaSpec#/summary' : `IdeaSpec#/constraints/${String(index)}`
    },
    open: spec.goals.flatMap(({ text }, index) =>
      isNotBuilt(text) || findFeature(text) === undefined
        ? [{ text, wish: getBareWish(text), cite: `IdeaSpec#/goals/${String(index)}` }]
        : [],
    ),
  }
}

/** The brief of a job that has IdeaSpec among its inputs. Throws AgentError `fatal` where it has none. */
export const readBrief = (job: AgentJob): Brief =>
  makeBrief(readInput(job, 'IdeaSpec'), parseIdea(getIdea(job)))
