import { RopewalkError } from '@ropewalk/core/errors'
import { PolicyEvent } from '@ropewalk/core/policy/policy'
import { ProjectEvent } from '@ropewalk/core/project/events'
import { RunEvent } from '@ropewalk/core/run/events'
import { SessionEvent } from '@ropewalk/core/session/session'
import { ThreadEvent } from '@ropewalk/core/thread/events'
import { TokenEvent } from '@ropewalk/core/token/token'

/**
 * Counts the changes to the forms of events over all releases: raise it whenever any event gets a new `v`
 * or a new type within a kind of stream. Each stream keeps the highest it was written with, so that an older
 * process leaves it alone; of a new kind of stream it knows nothing anyway.
 */
export const EVENT_FORMAT = 1

/** An event as some release wrote it. */
export type StoredEvent = { readonly type: string; readonly v: number; readonly data: unknown }

/** One step: the event as the next version has it. Keyed by type and the version it starts from. */
type Upgrades = ReadonlyMap<string, (data: unknown) => unknown>

/** The contract of one kind of stream's events: what it is of a union of zod objects that reading needs. */
type Contract<E> = {
  readonly options: readonly {
    readonly shape: { readonly type: { readonly value: string }; readonly v: { readonly value: number } }
  }[]
  readonly safeParse: (
    event: unknown,
  ) => { readonly success: true; readonly data: E } | { readonly success: false; readonly error: unknown }
}

const makeUpgrade = <E>(contract: Contract<E>, upgrades: Upgrades = new Map()) => {
  /** The newest version this release knows of each type; the contracts say it. */
  const newestOf: ReadonlyMap<string, number> = new Map(
    contract.options.map((option) => [option.shape.type.value, option.shape.v.value]),
  )
  return (stored: StoredEvent): E => {
    const newest = newestOf.get(stored.type)
    if (newest === undefined || stored.v > newest) {
      throw new RopewalkError(
        'STREAM_TOO_NEW',
        `Expected ${stored.type} up to version ${newest ?? 'none'}, got ${stored.v}. Use the newer release.`,
        { details: { type: stored.type, v: stored.v } },
      )
    }
    let { data } = stored
    for (let v = stored.v; v < newest; v += 1) {
      const upgrade = upgrades.get(`${stored.type}@${v}`)
      if (upgrade === undefined) {
        throw new RopewalkError(
          'INVARIANT_BROKEN',
          `There is no upgrade of ${stored.type} from version ${v}.`,
        )
      }
      data = upgrade(data)
    }
    const parsed = contract.safeParse({ type: stored.type, v: newest, data })
    if (parsed.success) return parsed.data
    throw new RopewalkError('INVARIANT_BROKEN', `A stored ${stored.type} breaks its contract.`, {
      cause: parsed.error,
    })
  }
}

/**
 * An event of a run in its newest form, checked. Safe on every event that any release up to this one wrote.
 * Throws STREAM_TOO_NEW for a type or version of a newer release, INVARIANT_BROKEN for what no release wrote.
 */
export const upgradeEvent: (stored: StoredEvent) => RunEvent = makeUpgrade(RunEvent)

/** As `upgradeEvent`, of a project: some names of events are the same in both, and mean other data. */
export const upgradeProjectEvent: (stored: StoredEvent) => ProjectEvent = makeUpgrade(ProjectEvent)

/** As `upgradeEvent`, of a thread. */
export const upgradeThreadEvent: (stored: StoredEvent) => ThreadEvent = makeUpgrade(ThreadEvent)

/** As `upgradeEvent`, of a session. */
export const upgradeSessionEvent: (stored: StoredEvent) => SessionEvent = makeUpgrade(SessionEvent)

/** As `upgradeEvent`, of a grant and its tokens. */
export const upgradeTokenEvent: (stored: StoredEvent) => TokenEvent = makeUpgrade(TokenEvent)

/** As `upgradeEvent`, of a data policy. */
export const upgradePolicyEvent: (stored: StoredEvent) => PolicyEvent = makeUpgrade(PolicyEvent)
