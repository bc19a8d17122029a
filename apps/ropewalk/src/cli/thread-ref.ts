import { ThreadId } from '@ropewalk/core/ids'
import type { Api } from './api.ts'
import { pickId } from './backlog-ref.ts'
import { makeTrouble } from './trouble.ts'

const PAGE = 200

const KIND = { of: 'thread', seeOthers: './ropewalk thread list' } as const

/** The id of the thread that a person means; `last` is the one with the newest message. */
export const resolveThreadId = async (api: Api, text: string): Promise<string> => {
  if (ThreadId.safeParse(text).success) return text
  if (text === 'last') {
    const [newest] = (await api.listThreads({ limit: 1 })).threads
    if (newest !== undefined) return newest.thread_id
    throw makeTrouble({
      code: 'NOT_FOUND',
      what: 'there is no thread yet',
      why: 'nobody has started one',
      next: './ropewalk thread create "…" --with reviewer --with fixer',
      exit: 1,
    })
  }
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await api.listThreads({ limit: PAGE, cursor })
    ids.push(...page.threads.map(({ thread_id: id }) => id))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return pickId(KIND, text.toLowerCase(), ids)
}
