import type { IdeationResult } from '@ropewalk/core/contract/documents/ideation'
import { getBareWish } from '../demands.ts'
import { findFeature, getFeature } from '../features/recognise.ts'
import { capitalise, clip, joinWords } from '../words.ts'
import type { Brief } from './parts/brief.ts'
import { getFeasibility } from './parts/feasibility.ts'

/** One use case for each goal, so that none is without a use. */
const listUseCases = ({ spec, design, users, idea }: Brief): IdeationResult['use_cases'] =>
  spec.goals.slice(0, 40).map(({ text }, index) => {
    const feature = findFeature(text)
    const goal = getBareWish(text)
    return {
      id: `UC-${String(index + 1).padStart(3, '0')}`,
      title: clip(feature?.title(design) ?? goal, 150),
      actor: clip(capitalise(users), 150),
      goal: feature === undefined ? `${clip(goal, 1900)}.` : `${capitalise(feature.soThat(design))}.`,
      steps:
        feature === undefined
          ? [
              `The actor asks for this: ${clip(goal, 1500)}.`,
              'No rule builds an answer; the requirement stays open.',
            ]
          : [
              `The actor wants ${feature.want(design)}.`,
              `The actor uses ${design.features.includes('page') && idea.demands.form?.isProduct !== true ? 'the page or a request' : 'a request'} for it.`,
              `The service keeps this: ${text}`,
            ],
      cites: [`IdeaSpec#/goals/${String(index)}`],
    }
  })

/** What sets it apart from a sheet or a product for everybody; each rests on the specification. */
const listDifferentiators = ({
  design,
  citeGoal,
  citeConstraint,
}: Brief): IdeationResult['differentiators'] => {
  const { noun, fields } = design
  const special = design.features.filter(
    (name) => !['create', 'refuse', 'list', 'change', 'remove', 'keep', 'page'].includes(name),
  )
  return [
    {
      text: `Each ${noun.one} has the fields ${joinWords(fields.map(({ name }) => name))} and no others, and each field is checked.`,
      cites: [citeGoal('create'), citeGoal('refuse')],
    },
    {
      text: `All ${noun.many} lie in one file that its owner can copy and read.`,
      cites: [citeConstraint(/\bone file\b/iu)],
    },
    ...special.slice(0, 6).map((name) => ({
      text: `It is built to do this: ${getFeature(name).title(design).toLowerCase()}.`,
      cites: [citeGoal(name)],
    })),
  ]
}

/** Where the idea leads, how, and with what first; no market was asked. */
export const writeIdeationResult = (brief: Brief): IdeationResult => {
  const { spec, design, users, open, citeGoal, idea } = brief
  const { noun } = design
  const { form } = idea.demands
  return {
    summary: `${String(spec.goals.length)} goals of "${spec.title}" become use cases for ${users}; ${String(open.length)} of them wait for somebody who can build them.`,
    strategy: {
      vision: capitalise(`${users} have one place for ${noun.many}, and what is in it holds.`),
      approach:
        form?.isProduct === true
          ? `A service that keeps ${noun.many} is built first and called no more than that; ${form.label} needs a programmer or a language model.`
          : `One service that stores and checks ${noun.many} is built first; what reads them stands on top of it.`,
      first_release: `The first release does ${String(spec.goals.length - open.length)} of ${String(spec.goals.length)} goals and lists the others as gaps.`,
      cites: ['IdeaSpec#/summary', citeGoal('create')],
    },
    use_cases: listUseCases(brief),
    differentiators: listDifferentiators(brief),
    alternatives_considered: [
      {
        title: `A sheet of ${noun.many} that is passed around`,
        reason_refused: 'It takes any value in any cell, and two copies of it soon differ.',
      },
      {
        title: `A product for everybody who keeps ${noun.many}`,
        reason_refused: `Its fields are those of its maker, and the ${noun.many} lie on its maker's machines.`,
      },
    ],
    feasibility: getFeasibility({
      idea,
      users,
      goals: spec.goals.length,
      open: open.length,
      cites: ['IdeaSpec#/summary', ...open.slice(0, 5).map(({ cite }) => cite)],
    }),
  }
}
