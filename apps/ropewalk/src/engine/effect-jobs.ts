import { sha256 } from '@ropewalk/core/canonical'
import type { Effect, EffectKind } from '@ropewalk/core/decision'
import type { PgBoss } from 'pg-boss'
import { EFFECT_QUEUES } from '../store/job-queues.ts'
import type { Statement } from '../store/open.ts'
import type { InHand } from './lane.ts'

/** What a job carries: ids and versions, never payload. The id of its aggregate goes by that one's own name. */
export type EffectRef = { readonly workspaceId: string } & Readonly<Record<string, string | number>>

export type EffectJob = {
  readonly kind: EffectKind
  readonly id: string
  readonly data: EffectRef
  readonly startAfter?: string
}

/**
 * The n-th effect of a command as a job. Its id is SHA-256 of stream, version after the command and index,
 * in the form of a UUID (version 8: its bits mean what their maker says).
 */
export const makeEffectJob = (
  hand: Pick<InHand, 'id' | 'idField' | 'workspaceId' | 'version'>,
  effect: Effect,
  index: number,
): EffectJob => {
  const hex = sha256(`${hand.id}/${hand.version}/${index}`)
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  const data = { ...effect.ref, workspaceId: hand.workspaceId, [hand.idField]: hand.id }
  return effect.fireAt === undefined
    ? { kind: effect.kind, id, data }
    : { kind: effect.kind, id, data, startAfter: effect.fireAt }
}

/** The statements with which pg-boss would insert the jobs, one for each queue, to be run in our transaction. */
export const makeJobStatements = async (
  boss: PgBoss,
  jobs: readonly EffectJob[],
): Promise<readonly Statement[]> => {
  const statements: Statement[] = []
  for (const [kind, ofKind] of Map.groupBy(jobs, (job) => job.kind)) {
    const queue = EFFECT_QUEUES[kind]
    await boss.insert(
      queue,
      ofKind.map(({ id, data, startAfter }) =>
        startAfter === undefined ? { id, data } : { id, data, startAfter },
      ),
      {
        returnId: false,
        db: {
          executeSql: (text, values = []) => {
            statements.push({ name: `jobs_${queue}`, text, values })
            return Promise.resolve({ rows: [] })
          },
        },
      },
    )
  }
  return statements
}
