import { SUMMARIZE_THREAD } from '@ropewalk/core/contract/methods/threads'
import { summarizeThread as summarize } from '@ropewalk/core/thread/summarize'
import { defineMethod } from '../define-method.ts'
import { checkInReach } from '../thread-access.ts'

export const summarizeThread = defineMethod(SUMMARIZE_THREAD, async (sources, input, { caller }) => {
  const { engine } = sources
  const of = { workspaceId: caller.workspaceId, threadId: input.thread_id }
  await checkInReach(sources, caller, of.threadId)
  const thread = await engine.readThread(of)
  const messages = await engine.readNewestMessages({ ...of, limit: input.max_messages })
  const { summary, openItems, lastStatus } = summarize(thread, messages)
  return {
    summary,
    open_items: openItems.map(({ kind, text, seq, by }) => ({ kind, text, seq, by })),
    last_status: lastStatus,
  }
})
