import { z } from 'zod'
import { RunId, TaskId } from '../../ids.ts'
import { EstimateView } from './estimates.ts'
import { Money } from './runs.ts'
import { afterQuery } from './paging.ts'

/** Money and tokens of a run, by phase and model. `assumed` was charged in full because nobody settled it. */
export const CostDetail = z.strictObject({
  money: Money,
  tokens: z.int(),
  estimate: EstimateView,
  rows: z.array(
    z.strictObject({
      phase: z.string(),
      model: z.string(),
      calls: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      micros: z.int(),
      assumedMicros: z.int(),
      usd: z.number(),
    }),
  ),
})
export type CostDetail = z.infer<typeof CostDetail>

export const LogQuery = z.strictObject({ ...afterQuery, task: TaskId.optional() })

/** One line that an agent wrote while it worked; `seq` is what `after` counts. */
export const LogLineView = z.strictObject({
  seq: z.int(),
  at: z.string(),
  taskId: TaskId,
  attempt: z.int(),
  stream: z.enum(['out', 'err', 'note']),
  text: z.string(),
})
export type LogLineView = z.infer<typeof LogLineView>

/**
 * The dossier of a run. `isHere` tells whether the folder lies on the machine that answers, `keyId` which
 * of its keys signed the index; null where none did.
 */
export const DossierSummary = z.strictObject({
  runId: RunId,
  digest: z.string(),
  verdict: z.enum(['verified', 'gaps', 'unverified']).nullable(),
  simulated: z.boolean(),
  isHere: z.boolean(),
  folder: z.string().nullable(),
  page: z.string().nullable(),
  isIndexIntact: z.boolean(),
  keyId: z.string().nullable(),
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      verdict: z.string(),
      reasons: z.array(z.string()),
    }),
  ),
  gaps: z.array(z.string()),
  files: z.array(
    z.strictObject({
      path: z.string(),
      sha256: z.string(),
      bytes: z.int(),
      mediaType: z.string(),
      about: z.string(),
    }),
  ),
})
export type DossierSummary = z.infer<typeof DossierSummary>
