import { Readiness, ReadinessList } from '@ropewalk/core/contract/api/readiness'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import {
  WaiverBody,
  WaiverList,
  WaiverReason,
  WaiverRequested,
  type WaiverView,
} from '@ropewalk/core/contract/api/waivers'
import { PhaseName } from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId, WaiverId } from '@ropewalk/core/ids'
import type { Waiver } from '@ropewalk/core/run/state'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { RunParams } from './run-routes.ts'

const WaiverParams = z.strictObject({ id: WaiverId })

const makeWaiverView = (waiver: Waiver): WaiverView => ({
  ...waiver,
  approvals: waiver.approvals.map(({ by, at }) => ({ by, at })),
})

const addOfRun = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/waivers',
    name: 'listWaivers',
    about: 'Waivers of a run, oldest first, whatever became of them.',
    params: RunParams,
    answer: WaiverList,
    handle: async ({ params, caller }) => {
      const waivers = await engine.listWaivers(caller.workspaceId, params.id)
      if (waivers.length === 0) await engine.readRun(caller.workspaceId, params.id)
      return { items: waivers.map(makeWaiverView) }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/waivers',
    name: 'requestWaiver',
    about: 'Asks for leave to pass a gate though one of its rubrics fails; persons decide.',
    params: RunParams,
    body: WaiverBody,
    answer: WaiverRequested,
    status: 202,
    handle: async ({ params, body, caller, options, reply }) => {
      const command = { type: 'RequestWaiver', workspaceId: caller.workspaceId, runId: params.id } as const
      const { waiverId, status, version } = await engine.submit({ ...command, ...body }, options)
      void reply.header('location', `/v1/runs/${params.id}/waivers`)
      return WaiverRequested.parse({ waiverId, status, version })
    },
  })
}

const addDecisions = (app: FastifyInstance, { engine }: HttpContext): void => {
  const verbs = [
    ['approve', 'Approves a waiver; it is in force once as many persons have as its quorum asks for.'],
    ['reject', 'Rejects a waiver, and says why.'],
  ] as const
  for (const [decision, about] of verbs)
    addRoute(app, {
      method: 'POST',
      path: `/v1/waivers/:id/${decision}`,
      name: `${decision}Waiver`,
      about,
      params: WaiverParams,
      body: decision === 'approve' ? z.strictObject({}) : WaiverReason,
      answer: CommandAnswer,
      handle: async ({ params, body, caller, options }) => {
        const { workspaceId } = caller
        const { runId } = await engine.readWaiver(workspaceId, params.id)
        const reason = 'reason' in body ? body.reason : ''
        return engine.submit(
          { type: 'DecideWaiver', workspaceId, runId, waiverId: params.id, decision, reason },
          options,
        )
      },
    })
  addRoute(app, {
    method: 'POST',
    path: '/v1/waivers/:id/revoke',
    name: 'revokeWaiver',
    about: 'Takes a waiver back; a gate that leant on it judges again.',
    params: WaiverParams,
    body: WaiverReason,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options }) => {
      const { workspaceId } = caller
      const { runId } = await engine.readWaiver(workspaceId, params.id)
      return engine.submit(
        { type: 'RevokeWaiver', workspaceId, runId, waiverId: params.id, reason: body.reason },
        options,
      )
    },
  })
}

const addReadiness = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/readiness',
    name: 'listReadiness',
    about: 'How near the gates of a run are to passing, in the order of its plan.',
    params: RunParams,
    answer: ReadinessList,
    handle: async ({ params, caller }) => ({
      items: [...(await engine.readReadiness(caller.workspaceId, params.id))],
    }),
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/gates/:phase/readiness',
    name: 'readGateReadiness',
    about: "What stands in the way of a phase's gate, the weightiest first, and how long it may take.",
    params: z.strictObject({ id: RunId, phase: PhaseName }),
    answer: Readiness,
    handle: async ({ params, caller }) => {
      const [found] = await engine.readReadiness(caller.workspaceId, params.id, params.phase)
      if (found !== undefined) return found
      throw new RopewalkError('INVARIANT_BROKEN', 'A phase of the plan has no readiness.')
    },
  })
}

/** Waivers: asked for, decided, taken back; and what a gate still needs. */
export const addWaiverRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addOfRun(app, context)
  addDecisions(app, context)
  addReadiness(app, context)
}
