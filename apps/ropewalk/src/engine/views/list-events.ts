import type { EvidencePack } from '@ropewalk/core/contract/evidence-pack'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { getEventId, type LedgerEntry } from '@ropewalk/core/ledger/entry'
import type { RunEvent } from '@ropewalk/core/run/events'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { CostView, EventView, GateView } from '../contract.ts'
import { upgradeEvent } from '../upgrade-event.ts'
import { checkLimit } from './cursor.ts'

/** An entry of the ledger as views read it. */
export type EntryRow = { readonly position: number; readonly body: string; readonly hash: string }

/** The events of an entry, of which `position` is that of the last. */
export const toViews = ({ position, body, hash }: EntryRow): EventView[] => {
  const { stream, seq, at, by, correlationId, causationId, events } = JSON.parse(body) as LedgerEntry
  return events.map(({ type, v, data }, index) => ({
    position: position - events.length + 1 + index,
    stream,
    seq,
    id: getEventId(hash, index),
    type,
    v,
    at,
    by,
    correlationId: correlationId ?? stream,
    causationId: causationId ?? null,
    data,
  }))
}

/**
 * Events with a position above `after`, in the order in which they were committed; a live reader skips
 * none. With `stream` only that run's. As written: readers of old versions upgrade them themselves.
 */
export const listEvents = async (
  store: Store,
  workspaceId: WorkspaceId,
  request: { readonly after: number; readonly limit: number; readonly stream?: string | undefined },
): Promise<readonly EventView[]> => {
  const limit = checkLimit(request, 1000)
  const { stream, after } = request
  const [rows = []] = await runRead(store, workspaceId, [
    stream === undefined
      ? {
          name: 'list_events',
          text: `SELECT e.position, e.body, e.hash FROM ropewalk.ledger e
            WHERE e.workspace_id = $1 AND e.position > $2 ORDER BY e.position LIMIT $3`,
          values: [workspaceId, after, limit],
        }
      : {
          // Positions rise along a stream, so its own key gives the order without a sort.
          name: 'list_events_of_stream',
          text: `SELECT e.position, e.body, e.hash FROM ropewalk.ledger e
            WHERE e.workspace_id IS NOT DISTINCT FROM $1 AND e.stream_id = $4 AND e.position > $2 ORDER BY e.seq LIMIT $3`,
          values: [workspaceId, after, limit, stream],
        },
  ])
  // The first entry may have been read in part; of the last one only a part may be wanted.
  return (rows as readonly EntryRow[])
    .flatMap(toViews)
    .filter(({ position }) => position > after)
    .slice(0, limit)
}

type OfRun = { readonly workspaceId: WorkspaceId; readonly runId: RunId }
type EventAt<T extends RunEvent['type']> = Extract<RunEvent, { type: T }> & { readonly at: string }

const readPicked = async <T extends RunEvent['type']>(
  store: Store,
  of: OfRun,
  types: readonly T[],
): Promise<readonly EventAt<T>[]> => {
  // The pattern repeats the index's condition word for word, else the planner would not use it.
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_picked_entries',
      text: `SELECT e.body FROM ropewalk.ledger e
        WHERE e.workspace_id IS NOT DISTINCT FROM $1 AND e.stream_id = $2
          AND e.types ~ '(^| )(phase\\.gate|budget\\.settled)' ORDER BY e.seq`,
      values: [of.workspaceId, of.runId],
    },
  ])
  const wanted = new Set<string>(types)
  return (rows as readonly { body: string }[]).flatMap(({ body }) => {
    const { at, events } = JSON.parse(body) as LedgerEntry
    return events
      .filter(({ type }) => wanted.has(type))
      .map((event) => ({ ...upgradeEvent(event), at }) as EventAt<T>)
  })
}

/** What the gates of a phase said, oldest first, each with the pack it judged. */
export const listGates = async (
  store: Store,
  of: OfRun & { readonly phase: string },
): Promise<readonly GateView[]> => {
  const events = await readPicked(store, of, ['phase.gate.passed', 'phase.gate.failed'])
  const ofPhase = events.filter((event) => event.data.phase === of.phase)
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_packs',
      text: 'SELECT p.pack FROM ropewalk.evidence_packs p WHERE p.workspace_id IS NOT DISTINCT FROM $1 AND p.id = ANY ($2::text[])',
      values: [of.workspaceId, ofPhase.map((event) => event.data.evidencePackId)],
    },
  ])
  const packs = new Map((rows as readonly { pack: EvidencePack }[]).map(({ pack }) => [pack.id, pack]))
  return ofPhase.map(({ type, data, at }) => {
    const pack = packs.get(data.evidencePackId)
    if (pack === undefined) {
      throw new RopewalkError('INVARIANT_BROKEN', `The pack ${data.evidencePackId} of a gate is not there.`)
    }
    const { phase, round, score, reasons, requiredActions } = data
    return { phase, round, passed: type === 'phase.gate.passed', score, reasons, requiredActions, at, pack }
  })
}

/** Money and tokens of a run, by phase and model. Throws NOT_FOUND. */
export const readCost = async (store: Store, of: OfRun): Promise<CostView> => {
  const [runs = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_cost_of_run',
      text: `SELECT t.cap_micros AS "capMicros", t.spent_micros AS "spentMicros",
          t.reserved_micros AS "reservedMicros", t.tokens_used AS tokens
        FROM ropewalk.runs t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [of.workspaceId, of.runId],
    },
  ])
  const [run] = runs as readonly Omit<CostView, 'rows'>[]
  if (run === undefined)
    throw new RopewalkError('NOT_FOUND', `There is no run ${of.runId} in this workspace.`)
  // A late report takes the place of what was assumed for the same call.
  const calls = new Map(
    (await readPicked(store, of, ['budget.settled'])).map(({ data }) => [data.reservationId, data]),
  )
  const rows = [...Map.groupBy(calls.values(), ({ phase, model }) => JSON.stringify([phase, model])).values()]
  return {
    ...run,
    rows: rows.flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const sum = (get: (call: (typeof group)[number]) => number) =>
        group.reduce((all, call) => all + get(call), 0)
      return [
        {
          phase: first.phase,
          model: first.model,
          calls: group.length,
          inputTokens: sum((call) => call.inputTokens),
          outputTokens: sum((call) => call.outputTokens),
          micros: sum((call) => call.micros),
          assumedMicros: sum((call) => (call.assumed ? call.micros : 0)),
        },
      ]
    }),
  }
}
