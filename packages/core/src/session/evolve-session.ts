import { RopewalkError } from '../errors.ts'
import type { SessionKey } from '../ids.ts'
import type { Session, SessionEventAt } from './session.ts'

/** The session of the agent whose key is `id` after one more event; null before the first. */
export const evolveSession = (session: Session | null, event: SessionEventAt, id: SessionKey): Session => {
  const { type, data, at } = event
  switch (type) {
    case 'session.registered': {
      const { agentId, facts } = data
      const goesOn = session !== null && session.endedAt === null && session.sessionId === facts.sessionId
      return { ...facts, id, agentId, registeredAt: goesOn ? session.registeredAt : at, endedAt: null }
    }
    case 'session.ended':
      if (session === null) throw new RopewalkError('INVARIANT_BROKEN', `There is no session to end: ${id}.`)
      return { ...session, status: 'offline', endedAt: at }
  }
}

/** From its whole history, oldest first. */
export const foldSession = (id: SessionKey, events: Iterable<SessionEventAt>): Session | null => {
  let session: Session | null = null
  for (const event of events) session = evolveSession(session, event, id)
  return session
}
