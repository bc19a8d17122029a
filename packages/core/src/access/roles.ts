import { z } from 'zod'

/** What a caller may do; `operator` is a person's role. */
export const Role = z.enum(['participant', 'coordinator', 'auditor', 'operator'])
export type Role = z.infer<typeof Role>

/** Who holds a token. Only an operator's stands for a person. */
export const TokenKind = z.enum(['operator', 'agent', 'worker', 'automation'])
export type TokenKind = z.infer<typeof TokenKind>
