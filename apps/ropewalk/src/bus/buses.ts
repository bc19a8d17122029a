import type { WorkspaceId } from '@ropewalk/core/ids'
import { openBus, type OpenBusOptions } from './open-bus.ts'
import type { Bus } from './port.ts'

/** The buses of a process, one a workspace, opened when they are first asked for. */
export type Buses = {
  get(workspaceId: WorkspaceId): Promise<Bus>
  /** Closes those that were opened; before the store. */
  close(): Promise<void>
}

export const makeBuses = (options: Omit<OpenBusOptions, 'workspaceId'>): Buses => {
  const open = new Map<WorkspaceId, Promise<Bus>>()
  return {
    get: (workspaceId) => {
      const known = open.get(workspaceId)
      if (known !== undefined) return known
      const opening = openBus({ ...options, workspaceId })
      open.set(workspaceId, opening)
      opening.catch(() => open.delete(workspaceId))
      return opening
    },
    close: async () => {
      const buses = await Promise.allSettled(open.values())
      await Promise.all(buses.map((bus) => (bus.status === 'fulfilled' ? bus.value.close() : undefined)))
    },
  }
}
