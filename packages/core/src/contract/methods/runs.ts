import { z } from 'zod'
import { ArtifactId, RunId, WaiverId } from '../../ids.ts'
import { Count } from '../../text.ts'
import { GateDetail } from '../api/gates.ts'
import { RunDetail, RunStatus, RunSummary } from '../api/runs.ts'
import { Artifact } from '../artifact.ts'
import { PhaseName } from '../playbook.ts'
import { WaiverRequest, WaiverStatus } from '../waiver.ts'
import { makeMethod } from './method.ts'
import { hint, key, page } from './shared.ts'

/** The most of an artifact that one answer holds; more is read in pieces. */
export const MAX_TEXT_BYTES = 65_536

export const LIST_RUNS = makeMethod({
  name: 'list_runs',
  about: 'Lists runs, newest first, with status, cost and verdict of each.',
  permission: 'runs:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ status: RunStatus.optional(), ...page, ...hint }),
  output: z.strictObject({ runs: z.array(RunSummary), next_cursor: z.string().nullable() }),
})

export const GET_RUN = makeMethod({
  name: 'get_run',
  about: 'Reads one run: its idea, its phases with what each made, its open questions, cost and estimate.',
  permission: 'runs:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ run_id: RunId, ...hint }),
  output: z.strictObject({ run: RunDetail }),
})

export const LIST_ARTIFACTS = makeMethod({
  name: 'list_artifacts',
  about:
    'Lists what the agents of a run made, every version, oldest first: name, digest, size and who made it.',
  permission: 'runs:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ run_id: RunId, ...page, ...hint }),
  output: z.strictObject({ artifacts: z.array(Artifact), next_cursor: z.string().nullable() }),
})

export const READ_ARTIFACT = makeMethod({
  name: 'read_artifact',
  about:
    'Reads an artifact that is text, up to 64 KB at a time: call again with `offset` set to `next_offset` for the rest. While you work on a task you read its inputs. `text` is null for what is no text.',
  permission: 'runs:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    artifact_id: ArtifactId,
    offset: Count.default(0).describe('In bytes, as next_offset gave it.'),
    ...hint,
  }),
  output: z.strictObject({
    artifact: Artifact,
    text: z.string().nullable(),
    /** Null where the text ends here. */
    next_offset: Count.nullable(),
  }),
})

export const LIST_GATES = makeMethod({
  name: 'list_gates',
  about:
    'Lists the gates of a run in the order of its plan, or the gate of one phase: each judgement with its scores, reasons and what has to be done to pass.',
  permission: 'runs:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ run_id: RunId, phase: PhaseName.optional(), ...hint }),
  output: z.strictObject({ gates: z.array(GateDetail) }),
})

export const PROPOSE_WAIVER = makeMethod({
  name: 'propose_waiver',
  about:
    'Asks persons for leave to pass a gate though one of its rubrics fails: which rubric, why, for how many days, who answers for it and what holds in its place. Persons decide.',
  permission: 'waivers:request',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    run_id: RunId,
    phase: PhaseName,
    rubric: WaiverRequest.shape.rubric,
    details: WaiverRequest.shape.details,
    owner: WaiverRequest.shape.owner,
    justification: WaiverRequest.shape.justification,
    compensating_control: WaiverRequest.shape.compensatingControl,
    days: WaiverRequest.shape.days,
    ...hint,
    ...key,
  }),
  output: z.strictObject({ waiver_id: WaiverId, status: WaiverStatus, version: Count }),
})
