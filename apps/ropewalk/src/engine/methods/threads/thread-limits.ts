import type { ThreadLimits } from '@ropewalk/core/thread/commands'
import type { Config } from '../../../config.ts'

/** Wakes of one agent in one thread and minute (row C-72): an agent that needs more is not there. */
const WAKES_PER_MINUTE = 10

/** Bounds of conversation, as this process is set. */
export const getThreadLimits = (config: Config): ThreadLimits => ({
  messagesPerMinute: config.threadMessagesPerMinute,
  wakesPerMinute: WAKES_PER_MINUTE,
  turns: config.threadTurns,
  sameFindings: config.threadSameFindings,
})
