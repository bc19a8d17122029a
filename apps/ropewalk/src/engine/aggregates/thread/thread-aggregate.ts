import type { ThreadCommand } from '@ropewalk/core/thread/commands'
import { decideThread } from '@ropewalk/core/thread/decide'
import { ThreadEvent } from '@ropewalk/core/thread/events'
import { makeEmptyThreadState } from '@ropewalk/core/thread/state'
import type { ThreadState } from '@ropewalk/core/thread/state'
import type { Aggregate } from '../../aggregate.ts'
import { LIST_THREADS, lockThreads, prepareThreads } from './load-thread.ts'
import type { ThreadRow } from './load-thread.ts'
import { addThreadRows, addThreadSideRows } from './thread-rows.ts'

/** Threads, as the writer knows them. Nothing of them is remembered between batches. */
export const THREAD_AGGREGATE: Aggregate<ThreadCommand, ThreadState, ThreadEvent, ThreadRow> = {
  kind: 'thread',
  idField: 'threadId',
  isFor: (command): command is ThreadCommand => 'threadId' in command,
  getId: (command) => command.threadId,
  locksWorkspace: () => false,
  lock: lockThreads,
  list: LIST_THREADS,
  prepareLoad: prepareThreads,
  makeEmpty: makeEmptyThreadState,
  decide: (state, command, { stamp }) => decideThread(state, command, stamp),
  // Threads give out no tasks.
  handOver: () => undefined,
  evolveWorkspace: (workspace) => workspace,
  contract: ThreadEvent,
  addSideRows: addThreadSideRows,
  addRows: addThreadRows,
  getHint: ({ stored, state }) => ({
    tasksReady: false,
    itemsReady: false,
    hasMessages: stored.thread?.lastSeq !== state.thread?.lastSeq,
  }),
  remember: () => undefined,
}
