import { z } from 'zod'

/** Whether Ropewalk may start and resume the program of a session, or it only reports (row CX-05). */
export const ManagementMode = z.enum(['managed', 'unmanaged'])
export type ManagementMode = z.infer<typeof ManagementMode>

export const SessionStatus = z.enum(['active', 'idle', 'offline'])
export type SessionStatus = z.infer<typeof SessionStatus>

/** Without a heartbeat for so long a session is stale: it is not resumed any more (row C-74, default 12 h). */
export const STALE_AFTER_MS = 12 * 3600 * 1000
