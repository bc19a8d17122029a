import type { EffectKind } from '@ropewalk/core/decision'
import type { PgBoss } from 'pg-boss'

/** pg-boss's schema; its own name, so that its tools find it. */
export const JOB_SCHEMA = 'pgboss'

/** The schema version of the pg-boss release we pin; the library exports no name for it. */
export const JOBS_VERSION = 43

/** One queue for each kind of effect, so that slow ones (dossiers) never hold up quick ones (timers). */
export const EFFECT_QUEUES = {
  'phase-clock': 'phase-clock',
  'question-deadline': 'question-deadline',
  'notify-question': 'notify-question',
  'reservation-deadline': 'reservation-deadline',
  'expire-waiver': 'expire-waiver',
  'expire-message': 'expire-message',
  'build-dossier': 'build-dossier',
  'close-run': 'close-run',
  'publish-report': 'publish-report',
  'sign-head': 'sign-head',
} as const satisfies Record<EffectKind, string>

export const SWEEP_QUEUE = 'sweep'

/** A job in hand for longer than this counts as lost and is handed out again: most only submit a command. */
const EXPIRE_SECONDS = 15
/** A dossier reads a whole run and writes many files, a report reads all that a project's workers handed in. */
const LONG_EXPIRE_SECONDS = 60
const LONG: readonly string[] = ['build-dossier', 'publish-report'] satisfies EffectKind[]

/**
 * An effect is work that must happen: it is tried until it does, at most a minute apart. Done jobs are of no
 * use; the ledger tells.
 */
const EFFECT_OPTIONS = {
  retryLimit: 100_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  retentionSeconds: 365 * 86_400,
  deleteAfterSeconds: 300,
  notify: false,
} as const

/** Makes the queues that are missing; part of migrating, as the owner. */
export const ensureQueues = async (boss: PgBoss): Promise<void> => {
  for (const name of Object.values(EFFECT_QUEUES)) {
    const expireInSeconds = LONG.includes(name) ? LONG_EXPIRE_SECONDS : EXPIRE_SECONDS
    const options = { ...EFFECT_OPTIONS, expireInSeconds }
    await boss.createQueue(name, options)
    await boss.updateQueue(name, options)
  }
  await boss.createQueue(SWEEP_QUEUE, {
    policy: 'short',
    expireInSeconds: 60,
    retryLimit: 2,
    deleteAfterSeconds: 300,
    notify: false,
  })
}
