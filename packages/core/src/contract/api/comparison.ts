import { z } from 'zod'
import { RunId } from '../../ids.ts'
import { DiffView } from './edits.ts'
import { RunStatus, Verdict } from './runs.ts'

const Side = z.strictObject({
  runId: RunId,
  title: z.string(),
  status: RunStatus,
  verdict: Verdict,
  simulated: z.boolean(),
  forkOf: RunId.nullable(),
  createdAt: z.string(),
  /** From its start to its end; null while it runs. */
  ms: z.int().nullable(),
  tokens: z.int(),
  usd: z.number(),
})

const PhaseSide = z.strictObject({
  status: z.string(),
  rounds: z.int(),
  score: z.number().nullable(),
  ms: z.int().nullable(),
  tokens: z.int(),
  usd: z.number(),
  /** A fork took it over; what it cost was paid by the other run. */
  inherited: z.boolean(),
})
export type PhaseSide = z.infer<typeof PhaseSide>

const State = z.enum(['same', 'changed', 'only-a', 'only-b'])

const ArtifactSide = z.strictObject({
  version: z.int(),
  digest: z.string(),
  bytes: z.int(),
  maker: z.string(),
})

/** How two runs differ. `a` and `b` are the two sides throughout; null is what one of them does not have. */
export const Comparison = z.strictObject({
  a: Side,
  b: Side,
  /** What `b` is to `a`: a fork of it, what it was forked from, a fork of the same run, or nothing of the kind. */
  relation: z.enum(['same', 'fork', 'origin', 'sibling', 'none']),
  /** What the plans have otherwise; what they have alike is left out. */
  plan: z.array(z.strictObject({ what: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  phases: z.array(z.strictObject({ phase: z.string(), a: PhaseSide.nullable(), b: PhaseSide.nullable() })),
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      state: State,
      /** Its id in `b`, where it is the same requirement by another number. */
      idInB: z.string().nullable(),
      verdictA: Verdict.nullable(),
      verdictB: Verdict.nullable(),
    }),
  ),
  /** Artifacts that differ; `same` counts those that do not. */
  artifacts: z.strictObject({
    same: z.int(),
    items: z.array(
      z.strictObject({
        name: z.string(),
        state: State.exclude(['same']),
        a: ArtifactSide.nullable(),
        b: ArtifactSide.nullable(),
        /** Of documents that both have, as people read them. */
        diff: DiffView.nullable(),
      }),
    ),
  }),
  /** From the accepted code of `a` to that of `b`; null where one of them has none. */
  code: z
    .strictObject({
      a: z.string(),
      b: z.string(),
      added: z.int(),
      removed: z.int(),
      changed: z.int(),
      /** The files with the most changed lines; counts are null for files that are no text. */
      files: z.array(
        z.strictObject({ path: z.string(), added: z.int().nullable(), removed: z.int().nullable() }),
      ),
    })
    .nullable(),
  /** Checks and tests that came out otherwise by the judgement that counts. */
  evidence: z.array(
    z.strictObject({
      kind: z.enum(['check', 'test']),
      phase: z.string(),
      name: z.string(),
      a: z.string().nullable(),
      b: z.string().nullable(),
    }),
  ),
})
export type Comparison = z.infer<typeof Comparison>
