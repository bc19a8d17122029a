import type { ServerContext } from '@modelcontextprotocol/server'

/** What goes with one call of a method, whichever way the client came in. */
export type MethodVisit = {
  /** Under which errors and the audit name the call. */
  readonly requestId: string
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Does a method for the client: in this process, or over HTTP. Throws RopewalkError. */
export type CallMethod = (
  name: string,
  input: Readonly<Record<string, unknown>>,
  visit: MethodVisit,
) => Promise<Readonly<Record<string, unknown>>>

/** Finds what goes with a call from what the SDK hands to its handlers. */
export type GetVisit = (context: ServerContext) => MethodVisit
