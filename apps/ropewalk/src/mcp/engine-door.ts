import type { Caller } from '@ropewalk/core/access/caller'
import { isAllowed } from '@ropewalk/core/access/is-allowed'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { ERRORS, type ErrorCode } from '@ropewalk/core/errors'
import { callMethod } from '../engine/methods/call-method.ts'
import type { MethodSources } from '../engine/methods/method.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { CallMethod } from './call.ts'
import { makeMcpDoor, type McpDoor } from './make-door.ts'
import { makeMcpServer } from './make-server.ts'
import type { SessionLimits } from './sessions.ts'
import { toMethodError } from './tool-result.ts'

/** Counts each call under the name of its method: to HTTP all of them are requests to one address, answered 200. */
const makeCountedCall =
  (
    sources: MethodSources,
    { metrics, log, caller }: { metrics?: Metrics | undefined; log: Log; caller: Caller },
  ): CallMethod =>
  async (name, input, visit) => {
    const begun = performance.now()
    const note = (code: ErrorCode | null): void => {
      const durationMs = performance.now() - begun
      const status = code === null ? 200 : ERRORS[code].status
      metrics?.countRequest({ operation: name, status, code, durationMs })
      const { requestId } = visit
      log.info(
        { requestId, operation: name, caller: caller.agentId, code, durationMs: Math.round(durationMs) },
        'called',
      )
    }
    try {
      const output = await callMethod(sources, name, input, { caller, ...visit })
      note(null)
      return output
    } catch (error) {
      note(toMethodError(error).code)
      throw error
    }
  }

/** MCP on the engine of this process: each client sees the methods that its token allows. */
export const makeEngineDoor = (of: {
  readonly sources: MethodSources
  readonly log: Log
  readonly metrics?: Metrics
  readonly limits?: Partial<SessionLimits>
}): McpDoor => {
  const { sources, log, metrics } = of
  return makeMcpDoor({
    log,
    ...(of.limits === undefined ? {} : { limits: of.limits }),
    makeServer: ({ caller, getVisit }) =>
      makeMcpServer({
        methods: METHOD_CONTRACTS,
        isOpen: (name) => isAllowed(caller, name),
        callMethod: makeCountedCall(sources, { metrics, log, caller }),
        getVisit,
        noteFault: (err, { operation, requestId }) => {
          log.error({ err, operation, requestId, caller: caller.agentId }, err.code)
        },
      }),
  })
}
