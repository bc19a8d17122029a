import type { IdeaSpec, Prd } from '@ropewalk/core/contract/documents'
import type { Review } from '@ropewalk/core/contract/documents/review'
import type { AgentJob } from '../../../agent-runtime.ts'
import { isNotBuilt, readDemands } from '../demands.ts'
import { getPlainLine, getSingular, listWords } from '../words.ts'
import { findInput, getIdea, readInput } from './inputs.ts'
import { conclude, find, findVague, leadsNowhere, MARK, type Finding } from './parts/review-rules.ts'

type Requirement = Prd['requirements'][number]

const checkRequirement = (job: AgentJob, requirement: Requirement, index: number): Finding[] => {
  const { id, title, statement, acceptance, cites } = requirement
  const at = `PRD#/requirements/${String(index)}`
  const texts = [title, statement, ...acceptance]
  const vague = texts.map(findVague).find((word) => word !== undefined)
  const lost = cites.filter((citation) => leadsNowhere(job, citation))
  const observable = acceptance.filter((text) => /\bthen\b|\d|"[^"]+"/iu.test(text))
  return [
    ...(acceptance.some((text) => text.trim() !== '')
      ? []
      : [find('high', `${id} has no acceptance criterion.`, [at], id)]),
    ...(acceptance.length > 0 && observable.length === 0
      ? [find('medium', `No acceptance criterion of ${id} says what is observed.`, [`${at}/acceptance`], id)]
      : []),
    ...(vague === undefined
      ? []
      : [find('high', `${id} says "${vague}", which no test can decide.`, [at], id)]),
    ...(cites.length === 0 ? [find('high', `${id} cites nothing.`, [at], id)] : []),
    ...lost.map((citation) => find('high', `${id} cites ${citation}, which says nothing.`, [at], id)),
    ...(texts.some((text) => MARK.test(text))
      ? [find('high', `${id} holds a mark of unfinished work.`, [at], id)]
      : []),
    ...(texts.some(isNotBuilt)
      ? [find('info', `${id} is asked for and will stay unverified, as it says itself.`, [at], id)]
      : []),
  ]
}

const checkIds = ({ requirements }: Prd): Finding[] =>
  requirements.flatMap(({ id }, index) =>
    requirements.findIndex((other) => other.id === id) === index
      ? []
      : [find('high', `${id} was given twice.`, [`PRD#/requirements/${String(index)}/id`], id)],
  )

/** Goals that no requirement rests on, by citation. */
const checkGoals = ({ requirements }: Prd, spec: IdeaSpec | undefined): Finding[] => {
  const cited = requirements.flatMap(({ cites }) => cites)
  return (spec?.goals ?? []).flatMap((_goal, index) => {
    const place = `IdeaSpec#/goals/${String(index)}`
    return cited.some((citation) => citation === place || citation.startsWith(`${place}/`))
      ? []
      : [find('high', `No requirement rests on ${place}.`, [place])]
  })
}

/** Whether a text has the figure of a limit and the thing that is limited, in whatever words around them. */
const hasLimit = (text: string, limit: string): boolean => {
  const words = listWords(limit)
  const unit = getSingular(words.at(-1) ?? '')
  const [figure = words.at(-2) ?? ''] = /\d[\d.,]*/u.exec(limit) ?? []
  return listWords(text).includes(figure) && text.toLowerCase().includes(unit)
}

/** Limits that the idea sets and that stand nowhere in the requirements. */
const checkLimits = (prd: Prd, spec: IdeaSpec | undefined, idea: string): Finding[] => {
  const { limits } = readDemands(getPlainLine(idea).slice(0, 4000), { isKnown: () => false, unread: [] })
  const told = JSON.stringify([prd, spec?.constraints ?? []])
  return limits
    .filter((limit) => !hasLimit(told, limit))
    .map((limit) =>
      find('high', `The idea sets the limit "${limit}", and no requirement has it.`, ['Idea#/text']),
    )
}

const checkQualities = ({ nonfunctional }: Prd): Finding[] =>
  nonfunctional.flatMap(({ measure, cites }, index) => {
    const at = `PRD#/nonfunctional/${String(index)}`
    return [
      ...(/\d|\b(?:all|each|every|never|no|none|zero)\b/iu.test(measure)
        ? []
        : [find('high', 'A quality has a measure without a figure.', [`${at}/measure`])]),
      ...(cites.length === 0 ? [find('medium', 'A quality cites nothing.', [at])] : []),
    ]
  })

/** Looks at requirements as somebody who did not write them, with the specification beside. */
export const writePrdReview = (job: AgentJob): Review => {
  const prd = readInput(job, 'PRD')
  const spec = findInput(job, 'IdeaSpec')
  const findings = [
    ...checkIds(prd),
    ...prd.requirements.flatMap((requirement, index) => checkRequirement(job, requirement, index)),
    ...checkGoals(prd, spec),
    ...checkLimits(prd, spec, getIdea(job)),
    ...checkQualities(prd),
  ]
  return conclude(
    'PRD',
    `${String(prd.requirements.length)} requirements and ${String(prd.nonfunctional.length)} qualities were read against ${spec === undefined ? 'the idea' : `${String(spec.goals.length)} goals`}.`,
    findings,
  )
}
