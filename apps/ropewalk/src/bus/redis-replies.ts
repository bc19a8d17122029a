import { z } from 'zod'
import type { BusMessage } from './port.ts'

// What the server and its scripts answer (RESP 2). Parsed, because a proxy or an unlike server may differ.
const Fields = z.array(z.string())
const Entry = z.tuple([z.string(), Fields])
export const ReadReply = z.array(z.tuple([z.string(), z.array(Entry)])).nullable()
export const PublishReply = z.array(z.tuple([z.string(), z.number()]))
export const ReclaimReply = z.array(z.tuple([z.string(), Fields, z.number()]))
export const IdsReply = z.array(z.string())
export const CountReply = z.number()
export const PendingReply = z.array(z.tuple([z.string(), z.string(), z.number(), z.number()]))
export const PendingSummaryReply = z.tuple([z.number()]).rest(z.unknown())
const Facts = z.array(z.unknown())
export const StreamReply = Facts
export const GroupsReply = z.array(Facts)

/** The value behind a name in a flat list of names and values. */
export const getFact = (facts: readonly unknown[], name: string): unknown => facts[facts.indexOf(name) + 1]

/** The last millisecond that every reader of an instant can write: the end of the year 9999. */
const MAX_MS = 253_402_300_799_999

/** An id begins with the milliseconds of its making, unless an outsider chose another number. */
const getInstant = (id: string): string => new Date(Math.min(Number(id.split('-')[0]), MAX_MS)).toISOString()

/** An entry as a message. Outsiders may have written it: whatever is not key or event becomes a header. */
export const makeMessage = (id: string, fields: readonly string[], deliveries: number): BusMessage => {
  const values = new Map<string, string>()
  for (let at = 0; at + 1 < fields.length; at += 2) values.set(fields[at] ?? '', fields[at + 1] ?? '')
  const key = values.get('key') ?? null
  const body = values.get('event') ?? ''
  values.delete('key')
  values.delete('event')
  return {
    id,
    key,
    body,
    headers: Object.fromEntries(values),
    deliveries,
    publishedAt: getInstant(id),
  }
}
