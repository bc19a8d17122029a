import { z } from 'zod'
import type { DeliverableBody } from '../contract/work-order.ts'
import { Count, text } from '../text.ts'
import { findNumber } from './facts.ts'

/** Texts that recur, as one analysis tells the next; minutes are whole hundredths. */
export const RecurringText = z.strictObject({
  key: text(64, 1),
  fingerprint: text(200, 1),
  text: text(200),
  hundredths: Count,
  rowCount: Count,
  rows: z.array(Count).max(1000),
})
export type RecurringText = z.infer<typeof RecurringText>

/** One thing that what is built has to do; `measure` is the number it is held against. */
export const Requirement = z.strictObject({
  id: text(20, 1),
  statement: text(1000, 1),
  acceptance: z
    .array(
      z.strictObject({
        text: text(1000, 1),
        measure: text(64, 1),
        value: z.number(),
        unit: text(40, 1),
      }),
    )
    .min(1)
    .max(10),
  fingerprint: text(200).nullable(),
  /** A text from the records that it is about. */
  example: text(200),
  sources: z.array(text(200, 1)).min(1).max(50),
})
export type Requirement = z.infer<typeof Requirement>

/** What other deliverables tell an analysis, as little of them as it needs; each with where it is from. */
export const Known = z.strictObject({
  totalMinutes: z.number().min(0).nullable(),
  rows: Count.nullable(),
  categories: Count.nullable(),
  missingEstimates: Count.nullable(),
  hourlyRate: z.number().min(0).nullable(),
  monthHours: z.number().min(0).nullable(),
  monthMoney: z.number().min(0).nullable(),
  avoidableShare: z.number().min(0).max(1).nullable(),
  /** How much of the expected scenario is avoidable. */
  expectedShare: z.number().min(0).max(1).nullable(),
  recurring: z.array(RecurringText).max(200).nullable(),
  requirements: z.array(Requirement).max(200).nullable(),
})
export type Known = z.infer<typeof Known>

export const NOTHING_KNOWN: Known = {
  totalMinutes: null,
  rows: null,
  categories: null,
  missingEstimates: null,
  hourlyRate: null,
  monthHours: null,
  monthMoney: null,
  avoidableShare: null,
  expectedShare: null,
  recurring: null,
  requirements: null,
}

const FrictionContent = z.object({ recurring: z.array(RecurringText).max(200) })
const RequirementsContent = z.object({ requirements: z.array(Requirement).max(200) })

/** What a body tells, by its type; nothing where it is of another type or has not the form of its type. */
const readBody = (body: DeliverableBody): Partial<Known> => {
  const number = (name: string): number | null => findNumber(body, name) ?? null
  switch (body.type) {
    case 'time_waste':
      return {
        totalMinutes: number('total.minutes'),
        rows: number('rows.counted'),
        categories: number('categories.counted'),
        missingEstimates: number('estimates.missing'),
      }
    case 'cost':
      return {
        hourlyRate: number('rate.hour'),
        monthHours: number('hours.month'),
        monthMoney: number('cost.month'),
      }
    case 'friction': {
      const content = FrictionContent.safeParse(body.content)
      return {
        avoidableShare: number('avoidable.share'),
        ...(content.success ? { recurring: content.data.recurring } : {}),
      }
    }
    case 'scenario':
      return { expectedShare: number('expected.avoidable.share') }
    case 'requirements': {
      const content = RequirementsContent.safeParse(body.content)
      return content.success ? { requirements: content.data.requirements } : {}
    }
    default:
      return {}
  }
}

/** What the deliverables of other items tell; of two of one type the later one counts. */
export const readKnown = (bodies: readonly DeliverableBody[]): Known => {
  const told = Object.assign({}, NOTHING_KNOWN, ...bodies.map(readBody)) as Record<string, unknown>
  // A figure that is no share, or below nothing, is as good as none: the analysis then asks or fails.
  const kept = Object.entries(told).filter(
    ([name, value]) => Known.shape[name as keyof Known]?.safeParse(value).success === true,
  )
  return Known.parse({ ...NOTHING_KNOWN, ...Object.fromEntries(kept) })
}
