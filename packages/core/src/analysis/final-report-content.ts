import { z } from 'zod'
import { Count, text } from '../text.ts'

const RowNumbers = z.array(Count).max(1000)

/** What a final report holds, as data; the text for people is made from it and from nothing else. */
export const FinalReportContent = z.strictObject({
  project: z.strictObject({ name: text(160), request: text(4000), mode: text(40), createdAt: text(40) }),
  items: z.array(
    z.strictObject({
      title: text(200),
      kind: text(40),
      capability: text(64).nullable(),
      status: text(40),
      reason: text(1000),
    }),
  ),
  uploads: z.array(z.strictObject({ name: text(200), rows: Count, digest: text(64) })),
  parameters: z.array(z.strictObject({ name: text(64), value: text(2000) })),
  currency: text(3).nullable(),
  treatment: z.array(text(400)),
  /** The figures people ask for first, each with its formula in words and in numbers. */
  figures: z.array(
    z.strictObject({
      name: text(64),
      label: text(200),
      value: z.number(),
      unit: text(40),
      formula: text(400),
      from: text(200),
    }),
  ),
  categories: z.array(
    z.strictObject({
      name: text(200),
      minutes: z.number(),
      share: z.number(),
      rowCount: Count,
      rows: RowNumbers,
    }),
  ),
  categoriesNotShown: Count,
  recurring: z.array(
    z.strictObject({ text: text(200), minutes: z.number(), rowCount: Count, rows: RowNumbers }),
  ),
  cases: z.array(
    z.strictObject({
      name: text(40),
      avoidable: z.number(),
      hoursMonth: z.number(),
      moneyMonth: z.number(),
      moneyYear: z.number(),
    }),
  ),
  requirements: z.array(
    z.strictObject({ id: text(20), statement: text(1000), acceptance: z.array(text(1000)) }),
  ),
  /** Whether the target is within what could be recovered, in words; null where none was given. */
  target: text(400).nullable().default(null),
  /** Rows whose duration is a guess. */
  missing: z.strictObject({ rowCount: Count, rows: RowNumbers }),
  questions: z.array(
    z.strictObject({
      text: text(2000),
      answer: text(2000),
      decidedBy: text(120),
      isAssumed: z.boolean(),
      risk: text(20),
    }),
  ),
  assumptions: z.array(text(2400)),
  deliverables: z.array(
    z.strictObject({
      name: text(64),
      type: text(64),
      agent: text(120),
      confidence: z.number(),
      simulated: z.boolean(),
      digest: text(64),
      claims: z.array(text(1000)),
    }),
  ),
})
export type FinalReportContent = z.infer<typeof FinalReportContent>
export type Figure = FinalReportContent['figures'][number]
