import { z } from 'zod'
import { claim, claims, label, mustCite, Severity } from './shared.ts'

/** Names of memos: `Memo.Legal`, `Memo.Accessibility`. */
export const MEMO_NAME = /^Memo\.[A-Za-z][A-Za-z0-9_-]{0,50}$/u

/**
 * What an agent of a project's own playbook hands in that no other contract fits: what it looked at, what it
 * found and what it advises. Named `Memo.` and a word, so that a playbook can have any number of them.
 */
export const Memo = z.strictObject({
  title: label,
  summary: claim,
  findings: z
    .array(
      z.strictObject({
        title: label,
        text: claim,
        severity: Severity,
        recommendation: claim,
        cites: mustCite,
      }),
    )
    .max(60),
  open_points: claims(30),
})
export type Memo = z.infer<typeof Memo>
