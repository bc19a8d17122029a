import { isAllowed } from '@ropewalk/core/access/is-allowed'
import { PERMISSIONS, type Permission } from '@ropewalk/core/access/permissions'
import type { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { RopewalkError } from '@ropewalk/core/errors'
import type { CallMethod } from '../mcp/call.ts'
import { makeCaller } from './api-call.ts'
import { ServerGone } from './server-gone.ts'

/** Longer than any method waits; a server that takes more than that hangs. */
const TIMEOUT_MS = 75_000

const isPermission = (name: string): name is Permission => Object.hasOwn(PERMISSIONS, name)

const makeGone = (cause: unknown): RopewalkError =>
  new RopewalkError(
    'DRAINING',
    'The server of this home does not answer. Start it with ./ropewalk up, then call again.',
    { cause },
  )

export type MethodApi = {
  readonly callMethod: CallMethod
  /** What the token allows, asked once; the server decides on each call all the same. */
  readonly readIsOpen: () => Promise<(name: string) => boolean>
}

/**
 * The methods of the agent surface over a server's HTTP. `findUrl` is asked again after a server was gone, so that
 * one that was started anew at another port is found.
 */
export const makeMethodApi = (of: {
  readonly token: string
  readonly findUrl: () => Promise<string | undefined>
}): MethodApi => {
  let known: Promise<string | undefined> | undefined
  const getCaller = async () => {
    known ??= of.findUrl()
    const url = await known
    if (url !== undefined) return makeCaller({ url, token: of.token })
    known = undefined
    throw makeGone(undefined)
  }
  const callMethod: CallMethod = async (name, input, { signal }) => {
    const caller = await getCaller()
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      const response = await caller.call('POST', `/v1/mcp/${name}`, {
        body: input,
        signal: AbortSignal.any([signal, timeout]),
      })
      // The server's answer met the contract of the method before it was sent.
      return (await response.json()) as Readonly<Record<string, unknown>>
    } catch (error) {
      if (!(error instanceof ServerGone) && !timeout.aborted) throw error
      known = undefined
      throw makeGone(error)
    }
  }
  return {
    callMethod,
    readIsOpen: async () => {
      const { kind, role, permissions } = await (await getCaller()).get<WhoAmI>('/v1/whoami')
      const scopes = permissions.filter(isPermission)
      return (name) => isAllowed({ kind, role, scopes }, name)
    },
  }
}
