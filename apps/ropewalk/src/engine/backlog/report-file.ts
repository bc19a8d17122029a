import { z } from 'zod'

/** The final report as one blob: figures, all of it as data, and as text for people. */
export const ReportFile = z.strictObject({
  totals: z.record(z.string(), z.number()),
  body: z.unknown(),
  markdown: z.string(),
})
export type ReportFile = z.infer<typeof ReportFile>
