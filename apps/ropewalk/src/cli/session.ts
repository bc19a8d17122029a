import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import { ServerGone } from './server-gone.ts'
import type { Api } from './api.ts'
import { connect, type ConnectOptions, type Link } from './connect.ts'

/** A conversation with this home's server that outlives the server: another is found, or started here. */
export type Session = {
  readonly getApi: () => Api
  /** One request; tried again where the server went away meanwhile. */
  readonly call: <T>(request: (api: Api) => Promise<T>) => Promise<T>
  readonly recover: () => Promise<void>
  readonly isOwn: () => boolean
  readonly close: () => Promise<void>
}

/** A restart takes seconds; a home that has no server after this many tries has a trouble to tell. */
const TRIES = 20
const PAUSE_MS = 500

export const openSession = async (options: ConnectOptions): Promise<Session> => {
  let link: Link = await connect(options)
  const recover = async () => {
    if (link.isOwn) await sleep(PAUSE_MS)
    else link = await connect(options)
  }
  const call = async <T>(request: (api: Api) => Promise<T>): Promise<T> => {
    for (let left = TRIES; ; left -= 1) {
      try {
        return await request(link.api)
      } catch (error) {
        // The embedded server may be coming back from a crash; its supervisor is at it.
        const mayPass =
          error instanceof ServerGone || hasCode(error, 'STORE_UNAVAILABLE') || hasCode(error, 'DRAINING')
        if (!mayPass || left <= 0) throw error
        await sleep(PAUSE_MS)
        if (error instanceof ServerGone) await recover()
      }
    }
  }
  return { getApi: () => link.api, call, recover, isOwn: () => link.isOwn, close: () => link.close() }
}
