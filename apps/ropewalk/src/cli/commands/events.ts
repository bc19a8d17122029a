import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { EventId } from '@ropewalk/core/ids'
import { getShortId } from '@ropewalk/core/short-id'
import { resolveProjectId } from '../backlog-ref.ts'
import { followEvents, type EventOwner } from '../follow.ts'
import { withInterrupt } from '../interrupts.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clip, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type TailFlags = CommonFlags & {
  readonly run?: string
  readonly project?: string
  readonly type?: readonly string[]
  readonly after?: number
  readonly limit: number
  readonly follow?: boolean
}

const PAGE = 200

/** Whether a type of event is meant by a pattern: `*` stands for anything, `?` for one sign, case does not matter. */
export const matchesGlob = (pattern: string, type: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[$()+.[\\\]^{|}]/gu, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'iu',
  ).test(type)

/** What an event says beyond its type, in one line. */
const summarise = ({ data }: CloudEvent): string => {
  const said = ['title', 'text', 'reason', 'message', 'answer', 'status', 'name', 'phase']
    .map((key) => data[key])
    .find((value) => typeof value === 'string' && value !== '')
  if (typeof said === 'string') return said
  return Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(
      ([key, value]) =>
        `${key}=${EventId.safeParse(value).success ? getShortId(String(value)) : String(value)}`,
    )
    .join(' ')
}

const makeLine = (event: CloudEvent, columns: number | undefined): string => {
  const head = `${String(event.position).padStart(7)}  ${event.time.slice(11, 23)}  ${event.type.padEnd(34)}  `
  return `${head}${clip(summarise(event), Math.max(20, (columns ?? 160) - head.length - 1))}`
}

/**
 * The events of the ledger after a position, as lines or NDJSON; without `--after` the newest. With `--follow`
 * it goes on until it is interrupted.
 */
export const tail = async (terminal: Terminal, flags: TailFlags): Promise<number> => {
  if (flags.run !== undefined && flags.project !== undefined) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'both a run and a project were named',
      why: 'events are of one run, of one project, or all of them',
      next: 'Leave one of them out.',
    })
  }
  return withApi(terminal, flags, (api) =>
    withInterrupt(async ({ signal }) => {
      const of: EventOwner =
        flags.run !== undefined
          ? { run: await resolveRunId(api, flags.run) }
          : flags.project !== undefined
            ? { project: await resolveProjectId(api, flags.project) }
            : {}
      const patterns = flags.type ?? ['*']
      const isMeant = ({ type }: CloudEvent) => patterns.some((pattern) => matchesGlob(pattern, type))
      const show = (event: CloudEvent) => {
        terminal.out(flags.json === true ? JSON.stringify(event) : makeLine(event, terminal.stdout.columns))
      }
      let newest: CloudEvent[] = []
      let after = flags.after ?? 0
      for (let isMore = true; isMore && !signal.aborted;) {
        const page = await api.listEvents({ after, limit: PAGE, ...of })
        after = page.nextAfter
        isMore = page.items.length === PAGE
        const meant = page.items.filter(isMeant)
        if (flags.after !== undefined) meant.forEach(show)
        else newest = [...newest, ...meant].slice(-flags.limit)
      }
      newest.forEach(show)
      if (flags.follow !== true) return signal.aborted ? EXIT.interrupted : EXIT.ok
      const follow = { getApi: () => api, recover: () => Promise.resolve(), of, after, signal }
      for await (const event of followEvents(follow)) if (isMeant(event)) show(event)
      return EXIT.interrupted
    }),
  )
}
