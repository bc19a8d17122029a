import { z } from 'zod'

/** One place in a request that breaks its contract: `pointer` is a JSON Pointer (RFC 6901) into that part. */
export const ContractIssue = z.strictObject({
  in: z.enum(['body', 'query', 'path', 'headers']),
  pointer: z.string(),
  message: z.string(),
})
export type ContractIssue = z.infer<typeof ContractIssue>

/** The answer to every request that fails: an RFC 9457 problem document. Match on `code`, never on text. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  details: z.record(z.string(), z.unknown()),
  retryable: z.boolean(),
  request_id: z.string(),
  occurred_at: z.string(),
})
export type Problem = z.infer<typeof Problem>

/** Media type of a problem document. */
export const PROBLEM_TYPE = 'application/problem+json'
