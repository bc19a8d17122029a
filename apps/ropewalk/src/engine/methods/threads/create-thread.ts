import { ADD_PARTICIPANT, CREATE_THREAD, REMOVE_PARTICIPANT } from '@ropewalk/core/contract/methods/threads'
import { ThreadId } from '@ropewalk/core/ids'
import { z } from 'zod'
import { makeId } from '../../runs/make-id.ts'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'
import { toParticipantDraft } from './thread-fields.ts'

const Created = CREATE_THREAD.output
  .pick({ status: true })
  .extend({ threadId: ThreadId, createdAt: z.string() })

export const createThread = defineMethod(CREATE_THREAD, async ({ engine }, input, { caller, options }) => {
  const { workspaceId, agentId, role } = caller
  // What a thread is about has to be there, and in this workspace.
  if (input.run_id !== undefined) await engine.readRun(workspaceId, input.run_id)
  if (input.item_id !== undefined) await engine.readItem(workspaceId, input.item_id)
  const newId = ThreadId.parse(makeId())
  const { audit } = options
  const answer = await engine.submit(
    {
      type: 'CreateThread',
      workspaceId,
      threadId: newId,
      agentId,
      role,
      title: input.title,
      threadType: input.type,
      participants: input.participants.map(toParticipantDraft),
      subject: { runId: input.run_id ?? null, itemId: input.item_id ?? null },
    },
    audit === undefined
      ? options
      : { ...options, audit: { ...audit, resourceType: 'thread', resourceId: newId, threadId: newId } },
  )
  const { threadId, status, createdAt } = readAnswer(answer, Created)
  return { thread_id: threadId, status, created_at: createdAt }
})

export const addParticipant = defineMethod(
  ADD_PARTICIPANT,
  async ({ engine }, input, { caller, options }) => {
    const { workspaceId, agentId, role } = caller
    const { thread_id: threadId } = input
    const named = toParticipantDraft(input.participant)
    const found = await engine.findParticipant({ workspaceId, threadId, agentId: named.agentId })
    // A name alone takes nobody's role away.
    const participant = { ...named, role: named.role ?? found?.role ?? null }
    await engine.submit(
      { type: 'AddParticipant', workspaceId, threadId, agentId, role, participant },
      options,
    )
    return { thread_id: threadId, participant }
  },
)

const Removed = z.looseObject({ bounced: z.array(z.int()) })

export const removeParticipant = defineMethod(
  REMOVE_PARTICIPANT,
  async ({ engine }, input, { caller, options }) => {
    const { workspaceId, agentId, role } = caller
    const { thread_id: threadId, agent_id: participantId, reason } = input
    const { participants } = await engine.readThread({ workspaceId, threadId })
    const lastRead = participants.find((each) => each.agentId === participantId)?.lastReadSeq ?? 0
    const answer = await engine.submit(
      { type: 'RemoveParticipant', workspaceId, threadId, agentId, role, participantId, lastRead, reason },
      options,
    )
    return { thread_id: threadId, bounced: readAnswer(answer, Removed).bounced }
  },
)
