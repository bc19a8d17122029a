import type { BusinessMetrics } from '@ropewalk/core/contract/documents/bizdev'
import type { FeatureName } from '../design.ts'
import { getFeature } from '../features/recognise.ts'
import { clip } from '../words.ts'
import type { Brief } from './parts/brief.ts'
import { getEconomics } from './parts/economics.ts'

type Metric = BusinessMetrics['metrics'][number]

/** Features whose use is worth counting by itself, with the event that the code would have to emit. */
const COUNTED: readonly FeatureName[] = [
  'status', 'overdue', 'total', 'search', 'export', 'redirect', 'vote', 'apart', 'stock', 'average', 'owner', 'tag',
] // prettier-ignore

/** What would be counted; the service emits none of it yet, and each definition says what it would have to. */
export const writeBusinessMetrics = (brief: Brief): BusinessMetrics => {
  const { design, users, citeGoal, citeConstraint } = brief
  const { noun } = design
  const sums = getEconomics(brief)
  const northStar = clip(`${noun.many} stored per week and group`, 150)
  const uses = design.features
    .filter((name) => COUNTED.includes(name))
    .slice(0, 8)
    .map((name): Metric => ({
      name: clip(`Use of: ${getFeature(name).title(design)}`, 150),
      definition: `Groups that asked for this at least once in a week, as a share of all groups that stored a ${noun.one}.`,
      formula: `groups with ${noun.one}.${name} ÷ groups with ${noun.one}.stored`,
      event: `${noun.one}.${name}`,
      unit: 'share',
      target: 0.3,
      direction: 'up',
      review: 'monthly',
      cites: [citeGoal(name)],
    }))
  return {
    summary: `${northStar} says whether ${users} keep them here. Targets are assumed; the service emits no event yet, its log of requests would be counted.`,
    north_star: northStar,
    metrics: [
      {
        name: northStar,
        definition: `New ${noun.many} in 7 days, divided by the groups that have a copy of the service.`,
        formula: `count of ${noun.one}.stored in 7 days ÷ groups`,
        event: `${noun.one}.stored`,
        unit: noun.many.slice(0, 40),
        target: 5,
        direction: 'up',
        review: 'weekly',
        cites: [citeGoal('create')],
      },
      {
        name: clip(`Share of refused ${noun.many}`, 150),
        definition: `Requests for a new ${noun.one} that were answered with status 400, as a share of all of them.`,
        formula: `count of ${noun.one}.refused ÷ (count of ${noun.one}.refused + count of ${noun.one}.stored)`,
        event: `${noun.one}.refused`,
        unit: 'share',
        target: 0.1,
        direction: 'down',
        review: 'weekly',
        cites: [citeGoal('refuse')],
      },
      {
        name: 'Groups that leave in a month',
        definition: `Groups that stored no ${noun.one} in 30 days, as a share of those that had stored one before.`,
        formula: 'groups without an event in 30 days ÷ groups with one before',
        event: `${noun.one}.stored`,
        unit: 'share',
        target: sums.churn,
        direction: 'down',
        review: 'monthly',
        cites: [citeGoal('keep')],
      },
      {
        name: 'Time up',
        definition: 'Answers of GET /healthz with status 200, as a share of all times it was asked.',
        formula: 'answers with status 200 ÷ requests of the monitor',
        event: 'health.asked',
        unit: 'share',
        target: 0.99,
        direction: 'up',
        review: 'daily',
        cites: [citeConstraint(/\bmonitor\b/iu)],
      },
      ...uses,
    ],
  }
}
