import { clipText } from '../clip.ts'
import { accept, type Decision, refuse, type Stamp } from '../decision.ts'
import { evolveSession } from './evolve-session.ts'
import { makeSessionKey, SessionFacts } from './session.ts'
import type { Session, SessionCommand, SessionEvent } from './session.ts'

// Object.keys cannot know that these are all the names there are.
const FACTS = Object.keys(SessionFacts.shape) as (keyof SessionFacts)[]

const isKnown = (session: Session | null, facts: SessionFacts): boolean =>
  session !== null && session.endedAt === null && FACTS.every((name) => session[name] === facts[name])

/** What a command means for the session of an agent. Pure. What is known already is accepted and is no event. */
export const decideSession = (
  session: Session | null,
  command: SessionCommand,
  { at, by }: Stamp,
): Decision<SessionEvent, Session | null> => {
  const { workspaceId, agentId, sessionKey } = command
  if (sessionKey !== makeSessionKey(workspaceId, agentId))
    return refuse('FORBIDDEN', `This is not the session of ${agentId}.`, { agentId, sessionKey })
  const tell = (event: SessionEvent) =>
    accept([event], evolveSession(session, { ...event, at }, sessionKey), { sessionKey })
  switch (command.type) {
    case 'RegisterSession': {
      const { facts } = command
      if (isKnown(session, facts)) return accept([], session, { sessionKey })
      return tell({ type: 'session.registered', v: 1, data: { agentId, facts } })
    }
    case 'EndSession': {
      if (session === null) return refuse('NOT_FOUND', `${agentId} has no session.`, { agentId })
      if (session.endedAt !== null) return accept([], session, { sessionKey })
      const { reason } = command
      return tell({ type: 'session.ended', v: 1, data: { agentId, reason, by: clipText(by.id, 120) } })
    }
  }
}
