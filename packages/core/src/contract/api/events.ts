import { z } from 'zod'
import { RunId } from '../../ids.ts'
import { afterQuery, PositionParam } from './paging.ts'

export { CloudEvent, EVENT_SOURCE } from '../events/envelope.ts'

export const EventQuery = z.strictObject({ ...afterQuery, run: RunId.optional() })

/** `Last-Event-ID` wins over `after`: it is what a client that lost its connection sends. */
export const EventStreamQuery = z.strictObject({ after: PositionParam.prefault('0'), run: RunId.optional() })
