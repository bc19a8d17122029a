import { parseEnvelope, type Envelope } from '@ropewalk/core/contract/events/envelope'
import { parseEvent, type KnownEvent } from '@ropewalk/core/contract/events/payload'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Log } from '../log.ts'
import { describeError, isGivenUp } from './failures.ts'
import type { BatchHandler, BusMessage } from './port.ts'
import type { PublishDeadLetter } from './publish-dead-letter.ts'
import { makeForeign, makeViolation, parseBody, type Verdict } from './validate-message.ts'

/** An event of ours that keeps its contract. */
export type CheckedEvent = { readonly envelope: Envelope; readonly event: KnownEvent }

export type CheckedHandlerOptions = {
  readonly topic?: string | undefined
  readonly group: string
  readonly workspaceId: WorkspaceId
  /** Works on one event; that it resolves means done. It must bear to be given the same event again. */
  readonly handle: (event: CheckedEvent) => Promise<void>
  readonly publishDeadLetter: PublishDeadLetter
  readonly log: Log
}

type Checked =
  | { readonly type: 'ok'; readonly event: CheckedEvent; readonly schemaId: string }
  | { readonly type: 'bad'; readonly verdict: Verdict }

const check = (message: BusMessage, workspaceId: WorkspaceId): Checked => {
  const body = parseBody(message)
  if (body.type === 'bad') return body
  const outer = parseEnvelope(body.value)
  if (outer.type === 'invalid') {
    const known = { eventId: message.key, eventType: null, schemaId: outer.schemaId }
    return { type: 'bad', verdict: makeViolation('ENVELOPE', outer.problems, known) }
  }
  const { envelope } = outer
  const known = { eventId: envelope.id, eventType: envelope.type }
  const inner = parseEvent(envelope)
  if (inner.type === 'invalid') {
    const { problems, schemaId } = inner
    return { type: 'bad', verdict: makeViolation('PAYLOAD', problems, { ...known, schemaId }) }
  }
  const { event, schemaId } = inner
  if (envelope.workspaceid !== workspaceId)
    return { type: 'bad', verdict: makeForeign(envelope.workspaceid, workspaceId, { ...known, schemaId }) }
  return { type: 'ok', event: { envelope, event }, schemaId }
}

/**
 * What a consumer of topic `events` reads with. Each message is checked once more, by envelope and payload: one
 * that breaks its contract is a dead letter, once for all groups, and never reaches `handle`. A message whose
 * handler throws comes again; when it has failed five times, it is a dead letter of this group.
 */
export const makeCheckedHandler = (options: CheckedHandlerOptions): BatchHandler => {
  const { topic = 'events', group, workspaceId, handle, publishDeadLetter, log } = options

  const rest = async (message: BusMessage, verdict: Verdict): Promise<void> => {
    await publishDeadLetter({ message, topic, group, ...verdict })
  }

  /** Throws when the message has to come again. */
  const work = async (message: BusMessage): Promise<void> => {
    const checked = check(message, workspaceId)
    if (checked.type === 'bad') {
      await rest(message, checked.verdict)
      return
    }
    try {
      await handle(checked.event)
    } catch (error) {
      if (!isGivenUp(error, message.deliveries)) throw error
      const { id: eventId, type: eventType } = checked.event.envelope
      const { schemaId } = checked
      const about = { eventId, eventType, schemaId, problems: [], ...describeError(error) }
      await rest(message, { reason: 'HANDLER_FAILED', ...about })
    }
  }

  return async (messages) => {
    const done: string[] = []
    for (const message of messages) {
      try {
        await work(message)
        done.push(message.id)
      } catch (error) {
        const about = { err: error, topic, group, messageId: message.id, deliveries: message.deliveries }
        log.warn(about, 'a message could not be worked on; it comes again')
      }
    }
    return done
  }
}
