import { z } from 'zod'
import { RunId, WaiverId } from '../../ids.ts'
import { text } from '../../text.ts'
import { PhaseName } from '../playbook.ts'
import { WaiverRequest, WaiverStatus } from '../waiver.ts'

/** Asks for a waiver in one phase of a run. */
export const WaiverBody = WaiverRequest.extend({ phase: PhaseName })
export type WaiverBody = z.infer<typeof WaiverBody>

/** Why a waiver is rejected or revoked. */
export const WaiverReason = z.strictObject({ reason: text(400, 1) })
export type WaiverReason = z.infer<typeof WaiverReason>

/** A waiver as callers see it. `selfApproved` says that whoever asked for it was also the one who approved it. */
export const WaiverView = z.strictObject({
  id: WaiverId,
  runId: RunId,
  phase: z.string(),
  rubric: z.string(),
  details: z.string(),
  owner: z.string(),
  justification: z.string(),
  compensatingControl: z.string(),
  days: z.int(),
  quorum: z.int(),
  declared: z.boolean(),
  requestedBy: z.string(),
  requestedKind: z.enum(['person', 'agent', 'policy', 'engine']),
  approvals: z.array(z.strictObject({ by: z.string(), at: z.string() })),
  status: WaiverStatus,
  version: z.int(),
  selfApproved: z.boolean(),
  expiresAt: z.string().nullable(),
  decidedBy: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.string(),
  decidedAt: z.string().nullable(),
})
export type WaiverView = z.infer<typeof WaiverView>

/** All waivers of a run, oldest first. */
export const WaiverList = z.strictObject({ items: z.array(WaiverView) })
export type WaiverList = z.infer<typeof WaiverList>

/** A request that was taken down; persons decide on it. */
export const WaiverRequested = z.strictObject({
  waiverId: WaiverId,
  status: WaiverStatus,
  version: z.int(),
})
export type WaiverRequested = z.infer<typeof WaiverRequested>
