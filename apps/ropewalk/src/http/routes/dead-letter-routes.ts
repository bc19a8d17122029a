import type { Caller } from '@ropewalk/core/access/caller'
import {
  DeadLetter,
  DeadLetterQuery,
  DeadLetterSummary,
  DropRequest,
  RedriveRequest,
} from '@ropewalk/core/contract/api/dead-letters'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { DeadLetterId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { SubmitOptions } from '../../engine/contract.ts'
import type { DeadLetterDesk, HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const DeadLetterParams = z.strictObject({ id: DeadLetterId })

type Noted = { readonly caller: Caller; readonly options: SubmitOptions }

const addReadRoutes = (app: FastifyInstance, desk: DeadLetterDesk): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/dead-letters',
    name: 'listDeadLetters',
    about: 'Messages of the bus that came to nothing, the newest first.',
    query: DeadLetterQuery,
    answer: makePage(DeadLetterSummary),
    handle: async ({ query, caller }) => {
      const page = await desk.list(caller.workspaceId, query)
      return { items: [...page.items], nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/dead-letters/:id',
    name: 'readDeadLetter',
    about: 'One dead letter whole: why it rests, and the message as it came.',
    params: DeadLetterParams,
    answer: DeadLetter,
    handle: ({ params, caller }) => desk.read(caller.workspaceId, params.id),
  })
}

/** Dead letters: looked at, sent again, dropped. */
export const addDeadLetterRoutes = (
  app: FastifyInstance,
  { engine, deadLetters: desk, limits }: HttpContext,
): void => {
  // They rest beside the ledger, so that no command takes the line for the audit along.
  const note = async ({ caller, options }: Noted, reason: string | null): Promise<void> => {
    if (options.audit !== undefined) await engine.noteUse(caller, { ...options.audit, reason })
  }
  addReadRoutes(app, desk)
  addRoute(app, {
    method: 'POST',
    path: '/v1/dead-letters/:id/redrive',
    name: 'redriveDeadLetter',
    about: 'Sends the message again, or in its place the event given here.',
    params: DeadLetterParams,
    body: RedriveRequest,
    answer: DeadLetter,
    bodyLimit: limits.bodyBytes,
    handle: async ({ params, body, caller, options }) => {
      const letter = await desk.redrive(caller.workspaceId, params.id, body, caller.by)
      await note({ caller, options }, body.note ?? null)
      return letter
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/dead-letters/:id/drop',
    name: 'dropDeadLetter',
    about: 'Closes a dead letter for good, and says why.',
    params: DeadLetterParams,
    body: DropRequest,
    answer: DeadLetter,
    handle: async ({ params, body, caller, options }) => {
      const letter = await desk.drop(caller.workspaceId, params.id, body.reason, caller.by)
      await note({ caller, options }, body.reason)
      return letter
    },
  })
}
