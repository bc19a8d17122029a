import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { listValues } from '../text/json-pointer.ts'
import { fact, judgeChecks, limit, share, type Check } from './checks.ts'
import { findRepeated } from './repeated.ts'

/** Two channels, twenty testers, twenty events by row DX-53. */
const Settings = z.strictObject({
  min_channels: z.int().min(0).max(15).default(2),
  min_testers: z.int().min(0).max(1_000_000).default(20),
  min_events: z.int().min(0).max(100).default(20),
  min_questions: z.int().min(0).max(40).default(3),
  min: z.number().min(0).max(1).default(0.9),
})

type Plan = DocumentOf<'FeedbackPlan'>

/** A plan that speaks as if people had already been there. */
const RESULT =
  /\b(?:(?:testers?|users?|participants?|people|families|customers?|respondents?) (?:have |has )?(?:already )?(?:reported|said|rated|signed up|joined|completed|answered|loved|liked|confirmed|told)|we (?:have )?(?:collected|received|gathered|measured|surveyed|interviewed)|(?:survey|beta|feedback|results?) (?:has |have )?(?:showed|shown|shows?|confirmed|proved|proven))\b/iu

/** What a plan says will happen is no result, and what ends a beta may well be one. */
const FUTURE =
  /\b(?:when|if|once|until|after|will|would|should|must|may|can|whether|how many|share of|unless|as soon as)\b/iu

const checkPlanned = (plan: Plan): Check[] =>
  listValues(plan).flatMap(({ pointer, value }) => {
    if (typeof value !== 'string' || /^\/(?:questions|stop_when)\/|\/cites\//u.test(pointer)) return []
    return value
      .split(/(?<=[.!?;])\s+/u)
      .filter((sentence) => RESULT.test(sentence) && !FUTURE.test(sentence))
      .map((sentence) =>
        fact(false, `FeedbackPlan#${pointer} tells of a result before there is one: "${sentence}"`),
      )
  })

const checkCounts = (plan: Plan, settings: z.infer<typeof Settings>): Check[] => {
  const counts = [
    ['channels', new Set(plan.channels.map(({ name }) => name.toLowerCase())).size, settings.min_channels],
    ['planned_testers', plan.planned_testers, settings.min_testers],
    ['planned_events', new Set(plan.planned_events.map(({ name }) => name)).size, settings.min_events],
    ['questions', new Set(plan.questions.map((one) => one.toLowerCase())).size, settings.min_questions],
  ] as const
  return counts.map(([member, found, least]) =>
    limit(
      found >= least,
      `FeedbackPlan#/${member} plans ${found}${typeof plan[member] === 'number' ? '' : ' different ones'}, expected at least ${least}.`,
    ),
  )
}

/** The plan is enough to learn from, and stays a plan: it tells of no result. */
export const guard = makeGuard({
  name: 'feedback',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const plan = findDocument(input, 'FeedbackPlan')
    if (plan === undefined) return lacks('FeedbackPlan')
    const kinds = new Set(plan.channels.map(({ kind }) => kind))
    const checks = [
      ...checkCounts(plan, settings),
      share(
        kinds.size > 1,
        'FeedbackPlan#/channels are all of one kind; plan one that reaches other people.',
      ),
      ...findRepeated(
        'FeedbackPlan#/planned_events/*/when',
        plan.planned_events.map(({ name, when }) => `${name} ${when}`),
      ),
      ...checkPlanned(plan),
    ]
    return judgeChecks(checks, settings.min, {
      channels: plan.channels.length,
      planned_testers: plan.planned_testers,
      planned_events: plan.planned_events.length,
    })
  },
})
