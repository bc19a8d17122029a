import type { Readiness } from '@ropewalk/core/contract/api/readiness'
import type { WaiverView } from '@ropewalk/core/contract/api/waivers'
import type { Api } from '../api.ts'
import { getDurationText } from '../progress-view.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type RequestFlags = CommonFlags & {
  readonly owner: string
  readonly why: string
  readonly control: string
  readonly details?: string
  readonly days: number
}

export type DecideFlags = CommonFlags & { readonly run: string; readonly why?: string }

const getLine = (waiver: WaiverView): string[] => [
  waiver.id.slice(0, 13),
  waiver.phase,
  waiver.rubric,
  waiver.status,
  waiver.status === 'requested'
    ? `${waiver.approvals.length} of ${waiver.quorum} approved`
    : (waiver.expiresAt ?? '').slice(0, 10),
  clean(waiver.owner),
  clip(waiver.justification, 60),
]

/** The waivers of a run, oldest first. */
export const listWaivers = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { items } = await api.listWaivers(await resolveRunId(api, reference))
    if (flags.json === true) terminal.out(JSON.stringify({ items }))
    else if (items.length === 0) terminal.say('The run has no waivers.')
    else
      terminal.out(
        makeTable([['ID', 'PHASE', 'RUBRIC', 'STATUS', 'UNTIL', 'OWNER', 'WHY'], ...items.map(getLine)]),
      )
    return EXIT.ok
  })

/** Asks for a waiver; it is in force once it has been approved. */
export const requestWaiver = (
  terminal: Terminal,
  of: { readonly reference: string; readonly phase: string; readonly rubric: string },
  flags: RequestFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { reference, phase, rubric } = of
    const told = await api.requestWaiver(await resolveRunId(api, reference), {
      phase,
      rubric,
      details: flags.details ?? flags.why,
      owner: flags.owner,
      justification: flags.why,
      compensatingControl: flags.control,
      days: flags.days,
    })
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else
      terminal.say(
        `Asked for waiver ${told.waiverId}.\n  next: ./ropewalk waiver approve ${told.waiverId.slice(0, 13)} --run ${reference}`,
      )
    return EXIT.ok
  })

/** The waiver of a run that begins with `text`. Throws NOT_FOUND. */
const resolveWaiver = async (api: Api, reference: string, text: string): Promise<WaiverView> => {
  const { items } = await api.listWaivers(await resolveRunId(api, reference))
  const found = items.filter(({ id }) => id.startsWith(text))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `there is no waiver ${text}`,
    why: found.length > 1 ? `${found.length} waivers begin so` : 'no waiver of that run has this id',
    next: `./ropewalk waiver list ${reference}`,
  })
}

const DONE = {
  approve: 'Approved',
  reject: 'Rejected',
  revoke: 'Revoked',
} as const

export type Verb = keyof typeof DONE

const act = (api: Api, verb: Verb, id: string, why: string) => {
  if (verb === 'approve') return api.approveWaiver(id)
  return verb === 'reject' ? api.rejectWaiver(id, why) : api.revokeWaiver(id, why)
}

/** Approves, rejects or takes back a waiver. */
export const decideWaiver = (
  terminal: Terminal,
  of: { readonly verb: Verb; readonly waiver: string },
  flags: DecideFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api, _config, isOwn) => {
    const { id } = await resolveWaiver(api, flags.run, of.waiver)
    const told = await act(api, of.verb, id, flags.why ?? '')
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else {
      const { status, votes, quorum, expiresAt, reopened } = told
      const waits = status === 'requested' ? ` ${String(votes)} of ${String(quorum)} persons have.` : ''
      const until = typeof expiresAt === 'string' ? ` In force until ${expiresAt}.` : ''
      const again = reopened === true ? ' The gate that leant on it judges again.' : ''
      terminal.say(`${DONE[of.verb]}.${waits}${until}${again}`)
    }
    if (isOwn) terminal.say(`No server is running; go on with: ./ropewalk runs resume ${flags.run}`)
    return EXIT.ok
  })

const getWait = ({ estimatedMs, basis }: Readiness): string => {
  if (basis === 'person') return 'waits for a person'
  if (estimatedMs === null) return 'nobody knows how long'
  return basis === 'timebox'
    ? `at most ${getDurationText(estimatedMs)}`
    : `about ${getDurationText(estimatedMs)} to go`
}

const layOut = (readiness: Readiness): string[] => {
  const { phase, status, round, maxRounds, obstacles, waivedRubrics } = readiness
  const isDone = status === 'passed' || status === 'skipped'
  return [
    isDone
      ? `${phase}: ${status}`
      : `${phase}: ${status}, round ${round} of ${maxRounds}, ${getWait(readiness)}`,
    ...obstacles.map(
      ({ weight, message, action, waivable }) =>
        `  ${String(Math.round(weight * 100)).padStart(3)} %  ${clip(message, 120)}\n         ${clip(action, 140)}${waivable ? ' (or a waiver)' : ''}`,
    ),
    ...waivedRubrics.map((rubric) => `         ${rubric} is waived`),
  ]
}

/** What stands between the gates of a run and passing, the weightiest first; of one phase where it is named. */
export const readiness = (
  terminal: Terminal,
  of: { readonly reference: string; readonly phase: string | undefined },
  flags: CommonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const runId = await resolveRunId(api, of.reference)
    const items =
      of.phase === undefined
        ? (await api.listReadiness(runId)).items
        : [await api.readReadiness(runId, of.phase)]
    if (flags.json === true) terminal.out(JSON.stringify({ items }))
    else for (const line of items.flatMap(layOut)) terminal.out(line)
    return EXIT.ok
  })
