import { isAllowed } from '@ropewalk/core/access/is-allowed'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { callMethod } from '../engine/methods/call-method.ts'
import type { MethodSources } from '../engine/methods/method.ts'
import type { Log } from '../log.ts'
import { makeMcpDoor, type McpDoor } from './make-door.ts'
import { makeMcpServer } from './make-server.ts'
import type { SessionLimits } from './sessions.ts'

/** MCP on the engine of this process: each client sees the methods that its token allows. */
export const makeEngineDoor = (of: {
  readonly sources: MethodSources
  readonly log: Log
  readonly limits?: Partial<SessionLimits>
}): McpDoor => {
  const { sources, log } = of
  return makeMcpDoor({
    log,
    ...(of.limits === undefined ? {} : { limits: of.limits }),
    makeServer: ({ caller, getVisit }) =>
      makeMcpServer({
        methods: METHOD_CONTRACTS,
        isOpen: (name) => isAllowed(caller, name),
        callMethod: (name, input, visit) => callMethod(sources, name, input, { caller, ...visit }),
        getVisit,
        noteFault: (err, { operation, requestId }) => {
          log.error({ err, operation, requestId, caller: caller.agentId }, err.code)
        },
      }),
  })
}
