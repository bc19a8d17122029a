import { z } from 'zod'

/** What differs between two versions of a document as people read it: lines with `+ `, `- ` or two blanks before. */
export const DiffView = z.strictObject({
  lines: z.array(z.string()),
  added: z.int(),
  removed: z.int(),
  cut: z.int(),
})
export type DiffView = z.infer<typeof DiffView>

/** What putting a version of a document in place would bring about. Nothing was changed. */
export const EditPreview = z.strictObject({
  name: z.string(),
  /** The phase that owns the document, and the version that is in place now. */
  phase: z.string(),
  version: z.int(),
  diff: DiffView,
  /** Phases that would be put back, in the order of the plan. */
  reopens: z.array(
    z.strictObject({
      phase: z.string(),
      status: z.string(),
      /** What is done again: the whole phase, some of its agents and then its gate, or its gate alone. */
      work: z.enum(['all', 'some', 'gate']),
      agents: z.array(z.string()),
    }),
  ),
})
export type EditPreview = z.infer<typeof EditPreview>
