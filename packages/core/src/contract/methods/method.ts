import type { z } from 'zod'
import type { Permission } from '../../access/permissions.ts'

/**
 * A method of the agent surface: the same under MCP as a tool and over HTTP as `POST /v1/mcp/NAME`. Names of
 * methods and of their fields are in snake case, as MCP clients write them (rows CX-10 to CX-18).
 */
export type MethodContract<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> = {
  readonly name: string
  /** For the agent that chooses among tools: what it does, when to use it, what it gives back. */
  readonly about: string
  readonly input: I
  readonly output: O
  readonly permission: Permission
  /** Whether the token of a claimed task may use it too, within its own task. */
  readonly isForTasks: boolean
  readonly isReadOnly: boolean
  /** Whether doing it twice is doing it once, without an idempotency key. */
  readonly isIdempotent: boolean
  /** Whether it may wait, up to 50 s: clients give up at 60 s. */
  readonly mayWait?: boolean
}

export const makeMethod = <I extends z.ZodObject, O extends z.ZodObject>(
  method: MethodContract<I, O>,
): MethodContract<I, O> => method
