import { z } from 'zod'
import { WaiverId } from '../ids.ts'
import { Instant, Name, text } from '../text.ts'

/** Requested until enough persons approved or one rejected it; active until it expires or is revoked. */
export const WaiverStatus = z.enum(['requested', 'active', 'rejected', 'expired', 'revoked'])
export type WaiverStatus = z.infer<typeof WaiverStatus>

/** What somebody asks to be let off, and what holds in its place. `rubric` is the violation type of row DX-27. */
export const WaiverRequest = z.strictObject({
  rubric: Name,
  details: text(1000, 1),
  owner: text(120, 1),
  justification: text(400, 1),
  compensatingControl: text(400, 1),
  days: z.int().min(1).max(30),
})
export type WaiverRequest = z.infer<typeof WaiverRequest>

/** A waiver that a gate leant on, as its evidence pack names it. */
export const ReliedWaiver = z.strictObject({
  waiverId: WaiverId,
  rubric: Name,
  owner: text(120, 1),
  expiresAt: Instant,
  selfApproved: z.boolean(),
})
export type ReliedWaiver = z.infer<typeof ReliedWaiver>
