import { RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import { ServerGone } from './server-gone.ts'

/** How every command ends: the codes of a shell's world that others build upon. */
export const EXIT = {
  ok: 0,
  failure: 1,
  cancelled: 2,
  notLoggedIn: 4,
  gateFailed: 5,
  awaitingHuman: 6,
  overBudget: 7,
  usage: 64,
  unreachable: 69,
  interrupted: 130,
} as const

const EXIT_BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_ARGUMENT: EXIT.usage,
  UNAUTHORIZED: EXIT.notLoggedIn,
  BUDGET_EXCEEDED: EXIT.overBudget,
  STORE_UNAVAILABLE: EXIT.unreachable,
  DRAINING: EXIT.unreachable,
  AGENT_UNREACHABLE: EXIT.unreachable,
}

/** What to do next where an error does not say so itself. */
const NEXT_BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  INVALID_ARGUMENT: 'Correct it; the command with --help shows what is expected.',
  PLAYBOOK_INVALID: 'Mend that line of the playbook, then try again.',
  UNAUTHORIZED: 'Run ./ropewalk doctor; it looks at keys and the API token.',
  NOT_FOUND: 'Run ./ropewalk runs list to see what there is.',
  RUN_ALREADY_FINISHED: 'Run ./ropewalk runs fork RUN --from PHASE to go on from it.',
  INVALID_THREAD_TRANSITION: 'Run ./ropewalk thread show THREAD to see how it stands.',
  CLAIM_MISMATCH: 'Choose another name, or send a token of that one.',
  INSUFFICIENT_AUTHORITY: 'Ask somebody who has the role for it; docs/access.md says who may do what.',
  INVALID_TRANSITION: 'Run ./ropewalk runs show RUN to see what is allowed now.',
  CONFLICT: 'Run ./ropewalk runs show RUN to see how things stand.',
  ALREADY_DECIDED: 'Add --change to replace the answer; work built upon it is done again.',
  BUDGET_EXCEEDED: 'Ask for less with --budget, or end runs that hold money: ./ropewalk runs list',
  STORE_UNAVAILABLE: 'Run ./ropewalk doctor to see what is wrong.',
  MIGRATION_REQUIRED: 'Run ./ropewalk migrate, or use the newer release if the database is newer.',
  LOCK_TIMEOUT: 'Try again in a moment.',
  VERSION_CONFLICT: 'Try again.',
  STORAGE_FULL: 'Free some space, then try again.',
  SANDBOX_UNAVAILABLE: 'Install bubblewrap, or run with --unconfined if you accept that.',
  DRAINING: 'Try again in a moment.',
  RATE_LIMITED: 'Wait a moment, then try again.',
  FORBIDDEN: 'Run ./ropewalk doctor; it looks at permissions.',
}

/** An error for a person: what happened, why, and the next thing to do. `exit` overrides the code's own. */
export type Trouble = {
  readonly code: ErrorCode
  readonly what: string
  readonly why: string
  readonly next: string
  readonly exit?: number
  readonly cause?: unknown
}

export const makeTrouble = ({ code, what, why, next, exit, cause }: Trouble): RopewalkError =>
  new RopewalkError(code, `${what}: ${why}. ${next}`, {
    details: { what, why, next, ...(exit === undefined ? {} : { exit }) },
    cause,
  })

/** Refusals for which the next thing to do depends on what the command was about. */
const ABOUT_STATE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONFLICT',
  'INSUFFICIENT_AUTHORITY',
  'INVALID_THREAD_TRANSITION',
  'INVALID_TRANSITION',
  'NOT_FOUND',
  'VERSION_CONFLICT',
])

/** Does `work`; what is refused for the state of things is told with `next`, the command that shows that state. */
export const withNext = async <T>(next: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const isOurs = error instanceof RopewalkError && ABOUT_STATE.has(error.code)
    if (!isOurs || getText(error, 'next') !== undefined) throw error
    const details = { ...error.details, next }
    throw new RopewalkError(error.code, error.message, { details, cause: error })
  }
}

const getText = (error: RopewalkError, key: string): string | undefined => {
  const value = error.details[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a failed command tells, and the code it ends with. */
export type Told = {
  readonly code: string
  readonly what: string
  readonly why?: string | undefined
  readonly next: string
  readonly exit: number
}

const listIssues = (error: RopewalkError): string | undefined => {
  const issues = error.details['issues']
  if (!Array.isArray(issues) || issues.length === 0) return undefined
  const [first] = issues as readonly { message?: unknown }[]
  // A single issue stands in the message already.
  if (issues.length === 1 && error.message.includes(String(first?.message))) return undefined
  return issues
    .slice(0, 5)
    .map(
      (issue: { pointer?: unknown; message?: unknown }) =>
        `${String(issue.pointer)}: ${String(issue.message)}`,
    )
    .join('; ')
}

/** Lays an error out. What is not ours is a fault of this program, and is told with its stack's first line. */
export const tell = (error: unknown): Told => {
  if (error instanceof ServerGone) {
    return {
      code: 'DRAINING',
      what: 'the server of this home does not answer any more',
      why: `${error.message}; whether it did what was asked before that is not known`,
      next: 'Start it with ./ropewalk up, look how things stand, then try again.',
      exit: EXIT.unreachable,
    }
  }
  if (!(error instanceof RopewalkError)) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return {
      code: 'INTERNAL',
      what: 'this is a fault of Ropewalk',
      why: said,
      next: 'Please report it with the command you ran; ROPEWALK_LOG_LEVEL=debug tells more.',
      exit: EXIT.failure,
    }
  }
  const exit = typeof error.details['exit'] === 'number' ? error.details['exit'] : EXIT_BY_CODE[error.code]
  return {
    code: error.code,
    what: getText(error, 'what') ?? error.message.replace(/\.$/u, ''),
    why: getText(error, 'why') ?? listIssues(error),
    next:
      getText(error, 'next') ?? NEXT_BY_CODE[error.code] ?? 'Run ./ropewalk doctor to look for the cause.',
    exit: exit ?? EXIT.failure,
  }
}
