import { z } from 'zod'
import { ProjectId, RunId } from '../../ids.ts'
import { afterQuery, PositionParam } from './paging.ts'

export { CloudEvent, EVENT_SOURCE } from '../events/envelope.ts'

/** All events, or those of one run or one project. */
const of = { run: RunId.optional(), project: ProjectId.optional() }
const isOfOne = ({ run, project }: { run?: unknown; project?: unknown }): boolean =>
  run === undefined || project === undefined
const ONE = { message: 'expected at most one of run and project' }

export const EventQuery = z.strictObject({ ...afterQuery, ...of }).refine(isOfOne, ONE)

/** `Last-Event-ID` wins over `after`: it is what a client that lost its connection sends. */
export const EventStreamQuery = z
  .strictObject({ after: PositionParam.prefault('0'), ...of })
  .refine(isOfOne, ONE)
