import { Readable } from 'node:stream'
import { Comparison } from '@ropewalk/core/contract/api/comparison'
import { PastUseList } from '@ropewalk/core/contract/api/estimates'
import { type StoryLine, StoryQuery } from '@ropewalk/core/contract/api/story'
import { RunId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { getScratch } from '../../engine/runs/take-repository.ts'
import { compareRuns } from '../../engine/views/comparison/compare-runs.ts'
import { tellStory } from '../../engine/views/story/tell-story.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { RunParams } from './run-routes.ts'

async function* asLines(story: AsyncIterable<StoryLine>): AsyncGenerator<string> {
  for await (const line of story) yield `${JSON.stringify(line)}\n`
}

/** What happened to a run, and how two runs differ. */
export const addStoryRoutes = (app: FastifyInstance, { engine, home, log }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/story',
    name: 'readStory',
    about: 'What happened to a run, in words, oldest first: one StoryLine as JSON a line.',
    params: RunParams,
    query: StoryQuery,
    // Written as it is read, so that a long story is never held in memory.
    answer: z.unknown(),
    mediaType: 'application/x-ndjson',
    hasHead: false,
    handle: async ({ params, query, caller, request, reply }) => {
      const of = { workspaceId: caller.workspaceId, runId: params.id, from: query.from }
      const body = Readable.from(asLines(await tellStory(engine, of)), {
        objectMode: true,
        highWaterMark: 64,
      })
      body.on('error', (error) => log.warn({ err: error, requestId: request.id }, 'a story broke off'))
      void reply.type('application/x-ndjson; charset=utf-8')
      return body
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/compare/:other',
    name: 'compareRuns',
    about: 'How two runs differ: plans, phases, requirements, artifacts, code and evidence.',
    params: z.strictObject({ id: RunId, other: RunId }),
    answer: Comparison,
    handle: ({ params, caller }) =>
      compareRuns(engine, {
        workspaceId: caller.workspaceId,
        a: params.id,
        b: params.other,
        scratch: getScratch(home),
      }),
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/past-use',
    name: 'listPastUse',
    about: 'Tokens that phases of the newest finished runs used: what estimates rest on.',
    answer: PastUseList,
    handle: async ({ caller }) => {
      const past = await engine.listPastUse(caller.workspaceId)
      return { items: past.map((use) => ({ ...use, agents: [...use.agents] })) }
    },
  })
}
