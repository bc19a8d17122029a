import { setTimeout as sleep } from 'node:timers/promises'
import type { Principal } from '@ropewalk/core/decision'
import { digestOf } from '@ropewalk/core/canonical'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import type { RunCommand, RunCommandOf } from '@ropewalk/core/run/commands'
import type { Engine, NextClaim, Submitted } from '../engine/contract.ts'
import { isOver } from './failure.ts'
import type { HeldAttempt } from './held-attempt.ts'

/** A store that restarts is back within seconds; asking more often only makes it slower. */
const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 2000

/**
 * Does `write` for an attempt that is still held, again while the store is away or busy. Ends the attempt
 * when the engine says that it is over. Throws STALE_ATTEMPT, and what is not worth another try.
 */
export const writeHeld = async <T>(
  attempt: Pick<HeldAttempt, 'assertHeld' | 'end' | 'signal'>,
  write: () => Promise<T>,
): Promise<T> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)) {
    attempt.assertHeld()
    try {
      return await write()
    } catch (error) {
      if (isOver(error)) attempt.end('superseded')
      if (!(error instanceof RopewalkError) || !ERRORS[error.code].retryable) throw error
    }
    // A wait that the end of the attempt cuts short is followed by `assertHeld`, which says so.
    await sleep(waitMs, undefined, { signal: attempt.signal }).catch(() => undefined)
  }
}

/** Who asks when an attempt's doer does. */
const getPrincipal = (attempt: HeldAttempt): Principal => {
  const { kind, target } = attempt.task.spec
  return kind === 'guard' || kind === 'tool'
    ? { kind: 'engine', id: 'worker' }
    : { kind: 'agent', id: target }
}

/**
 * Submits a command of an attempt. `name` makes the key under which a repeated request, sent because the
 * answer was lost, gets the first one's answer.
 */
export const submitHeld = (
  engine: Engine,
  attempt: HeldAttempt,
  command: RunCommand,
  name: string = command.type,
): Promise<Submitted> => {
  const options = makeSubmitOptions(attempt, command, name)
  return writeHeld(attempt, () => engine.submit(command, options))
}

/** Hands in a result. Where `next` is given, a task that becomes ready by it is claimed with the same write. */
export const submitResult = (
  engine: Engine,
  attempt: HeldAttempt,
  command: RunCommandOf<'CompleteTask'>,
  next: NextClaim | undefined,
): Promise<Submitted> => {
  const options = { ...makeSubmitOptions(attempt, command, command.type), next }
  return writeHeld(attempt, () => engine.submit(command, options))
}

/** As `submitHeld`, once, and also when the attempt is no longer held: for what must be said after it. */
export const submitOnce = (
  engine: Engine,
  attempt: HeldAttempt,
  command: RunCommand,
  name: string,
): Promise<Submitted> => engine.submit(command, makeSubmitOptions(attempt, command, name))

const makeSubmitOptions = (attempt: HeldAttempt, command: RunCommand, name: string) => ({
  by: getPrincipal(attempt),
  idempotency: {
    route: 'worker',
    key: `${attempt.task.taskId}/${attempt.task.attempt}/${name}`,
    bodyDigest: digestOf(command),
  },
})
