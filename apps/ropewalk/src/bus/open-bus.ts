import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/open.ts'
import { makeBus } from './consume.ts'
import type { Bus } from './port.ts'
import { makePostgresBus } from './postgres-bus.ts'

export type OpenBusOptions = {
  readonly config: Pick<Config, 'bus' | 'redisUrl' | 'busNamespace'>
  readonly store: Store
  readonly workspaceId: WorkspaceId
  readonly log: Log
}

/** The names of Redis: the first workspace has those that are documented, others stand behind theirs. */
export const getRedisPrefix = (namespace: string, workspaceId: WorkspaceId): string =>
  workspaceId === 'default' ? namespace : `${namespace}:${workspaceId}`

/**
 * The bus of a workspace as the settings choose it. Does not wait for Redis: what is asked of the bus before
 * it can be reached fails with BUS_UNAVAILABLE, and consumers wait. Close it before the store.
 * Throws INVALID_ARGUMENT when redisUrl is missing or no such url.
 */
export const openBus = async ({ config, store, workspaceId, log }: OpenBusOptions): Promise<Bus> => {
  if (config.bus === 'postgres') return makeBus(makePostgresBus({ store, workspaceId }), log)
  if (config.redisUrl === undefined) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'The bus is to be redis, and redisUrl says not where. Set ROPEWALK_REDIS_URL=redis://HOST:6379, or bus to postgres.',
    )
  }
  // Loaded late: the client is the larger half of a small program's start.
  const { makeRedisBus } = await import('./redis-bus.ts')
  const prefix = getRedisPrefix(config.busNamespace, workspaceId)
  return makeBus(makeRedisBus({ url: config.redisUrl, prefix, log }), log)
}
