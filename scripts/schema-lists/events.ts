import { Envelope, ENVELOPE_SCHEMA_ID } from '../../packages/core/src/contract/events/envelope.ts'
import type { EventRegistry } from '../../packages/core/src/contract/events/make-registry.ts'
import { EVENTS, INBOUND_EVENTS } from '../../packages/core/src/contract/events/registry.ts'
import { TASK_OFFER_SCHEMA_ID, TaskOfferEvent } from '../../packages/core/src/contract/events/task-offer.ts'
import { PolicyCommand } from '../../packages/core/src/policy/policy.ts'
import { ProjectCommand } from '../../packages/core/src/project/commands.ts'
import { RunCommand } from '../../packages/core/src/run/commands.ts'
import { SessionCommand } from '../../packages/core/src/session/session.ts'
import { ThreadCommand } from '../../packages/core/src/thread/commands.ts'
import { TokenCommand } from '../../packages/core/src/token/token.ts'
import { describe, describeAll, type SchemaFolder } from './describe.ts'

/** The data of each event; the newest version has the plain name. */
const describeEvents = (folder: string, registry: EventRegistry): SchemaFolder => ({
  folder,
  files: Object.fromEntries(
    registry.contracts.map(({ type, v, schemaId, data }) => [
      `${type}${registry.getNewest(type) === v ? '' : `@${v}`}.schema.json`,
      describe(type, data, { $id: schemaId, x_event_type: type, x_event_version: v }),
    ]),
  ),
})

const commands = [
  ...RunCommand.options,
  ...ProjectCommand.options,
  ...ThreadCommand.options,
  ...SessionCommand.options,
  ...TokenCommand.options,
  ...PolicyCommand.options,
]

export const EVENT_SCHEMAS: readonly SchemaFolder[] = [
  {
    folder: '',
    files: {
      'envelope.schema.json': describe('Envelope', Envelope, { $id: ENVELOPE_SCHEMA_ID }),
      'task-offer.schema.json': describe('TaskOffer', TaskOfferEvent, { $id: TASK_OFFER_SCHEMA_ID }),
    },
  },
  describeEvents('events', EVENTS),
  describeEvents('inbound', INBOUND_EVENTS),
  describeAll('commands', Object.fromEntries(commands.map((option) => [option.shape.type.value, option]))),
]
