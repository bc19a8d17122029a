import type { MessageView } from '@ropewalk/core/contract/methods/threads'
import type { Addressing, ThreadStatus } from '@ropewalk/core/contract/thread'
import { getAgoText } from './question-text.ts'
import { clean, wrap, type Paint } from './terminal.ts'

const STATUS_STYLES = {
  active: 'green',
  blocked: 'red',
  resolved: 'cyan',
  closed: 'dim',
} as const satisfies Record<ThreadStatus, string>

export const paintStatus = (
  paint: Paint,
  of: { readonly status: ThreadStatus; readonly awaiting_human: boolean },
): string => paint(STATUS_STYLES[of.status], of.awaiting_human ? `${of.status}, needs you` : of.status)

const getToText = (to: Addressing): string => {
  switch (to.kind) {
    case 'all':
      return ''
    case 'agents':
      return ` to ${to.agents.join(', ')}`
    case 'role':
      return ` to all who are ${to.role}`
  }
}

/** One message: its number, who, to whom, when, and its words below. */
export const layOutMessage = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  message: MessageView,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const event = message.event_type === null ? '' : `  ${of.paint('yellow', message.event_type)}`
  const who = of.paint('bold', clean(message.sender_agent_id))
  const head = `${of.paint('cyan', `#${message.seq}`)} ${who}${clean(getToText(message.to))}${event}  ${of.paint('dim', getAgoText(message.created_at))}`
  const body = message.body ?? '(erased, as the data policy of the workspace asks)'
  return [
    head,
    ...clean(body)
      .split('\n')
      .map((line) => wrap(line, width, '  ')),
  ].join('\n')
}
