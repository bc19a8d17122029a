import { z } from 'zod'

/** Every id is a UUID; those we make are version 7, so that they sort by time of making. */
const uuid = () =>
  z
    .string()
    .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u, 'expected a UUID')

export const RunId = uuid().brand<'RunId'>()
export type RunId = z.infer<typeof RunId>

export const TaskId = uuid().brand<'TaskId'>()
export type TaskId = z.infer<typeof TaskId>

export const ArtifactId = uuid().brand<'ArtifactId'>()
export type ArtifactId = z.infer<typeof ArtifactId>

export const QuestionId = uuid().brand<'QuestionId'>()
export type QuestionId = z.infer<typeof QuestionId>

export const WaiverId = uuid().brand<'WaiverId'>()
export type WaiverId = z.infer<typeof WaiverId>

export const ProjectId = uuid().brand<'ProjectId'>()
export type ProjectId = z.infer<typeof ProjectId>

export const ItemId = uuid().brand<'ItemId'>()
export type ItemId = z.infer<typeof ItemId>

export const DeliverableId = uuid().brand<'DeliverableId'>()
export type DeliverableId = z.infer<typeof DeliverableId>

export const DeadLetterId = uuid().brand<'DeadLetterId'>()
export type DeadLetterId = z.infer<typeof DeadLetterId>

export const ThreadId = uuid().brand<'ThreadId'>()
export type ThreadId = z.infer<typeof ThreadId>

export const MessageId = uuid().brand<'MessageId'>()
export type MessageId = z.infer<typeof MessageId>

export const WakeId = uuid().brand<'WakeId'>()
export type WakeId = z.infer<typeof WakeId>

/** Of the grant that tokens are issued under, not of one token: renewing keeps it, revoking ends them all. */
export const GrantId = uuid().brand<'GrantId'>()
export type GrantId = z.infer<typeof GrantId>

/** The row of a session: one for each agent of a workspace, whatever session it has at the moment. */
export const SessionKey = uuid().brand<'SessionKey'>()
export type SessionKey = z.infer<typeof SessionKey>

export const PolicyId = uuid().brand<'PolicyId'>()
export type PolicyId = z.infer<typeof PolicyId>

/** As which an agent or a person speaks; unique in its workspace. */
export const AgentId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,119}$/u,
    'expected the name of an agent: a letter or digit, then letters, digits and . _ : @ / -',
  )
  .brand<'AgentId'>()
export type AgentId = z.infer<typeof AgentId>

/** Of a conversation that can be resumed, as the agent's own program names it. */
export const SessionId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$/u, 'expected the id of a session: letters, digits and . _ : -')
  .brand<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

export const ReservationId = uuid().brand<'ReservationId'>()
export type ReservationId = z.infer<typeof ReservationId>

export const EventId = uuid().brand<'EventId'>()
export type EventId = z.infer<typeof EventId>

/** The first workspace is named `default`; a name is its id. */
export const WorkspaceId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'expected a workspace name: lower-case letters, digits and dashes')
  .brand<'WorkspaceId'>()
export type WorkspaceId = z.infer<typeof WorkspaceId>
