import { HEARTBEAT_SESSION } from '@ropewalk/core/contract/methods/threads'
import type { Caller } from '@ropewalk/core/access/caller'
import { RopewalkError } from '@ropewalk/core/errors'
import type { SessionId } from '@ropewalk/core/ids'
import { makeSessionKey } from '@ropewalk/core/session/session'
import { defineMethod } from '../define-method.ts'

/** A token of a session speaks for that one alone. Throws CLAIM_MISMATCH, and INVALID_ARGUMENT where none is named. */
const getSession = ({ sessionId }: Caller, given: SessionId | undefined): SessionId => {
  if (sessionId !== null && given !== undefined && given !== sessionId)
    throw new RopewalkError('CLAIM_MISMATCH', 'The token is of another session. Leave session_id out.', {
      details: { hint: 'session_id' },
    })
  const found = sessionId ?? given
  if (found !== undefined) return found
  throw new RopewalkError('INVALID_ARGUMENT', 'The token names no session: say which it is as session_id.')
}

export const heartbeatSession = defineMethod(
  HEARTBEAT_SESSION,
  async ({ engine }, input, { caller, options }) => {
    const { workspaceId, agentId } = caller
    const facts = {
      sessionId: getSession(caller, input.session_id),
      runtime: input.runtime,
      managementMode: input.management_mode,
      resumable: input.resumable,
      status: input.status,
    }
    const of = { workspaceId, agentId, facts }
    const first = await engine.beatSession(of)
    if (first.isKnown) return { ok: true as const, session_id: facts.sessionId, recorded_at: first.at }
    const sessionKey = makeSessionKey(workspaceId, agentId)
    await engine.submit({ type: 'RegisterSession', workspaceId, sessionKey, agentId, facts }, options)
    const { at } = await engine.beatSession(of)
    return { ok: true as const, session_id: facts.sessionId, recorded_at: at }
  },
)
