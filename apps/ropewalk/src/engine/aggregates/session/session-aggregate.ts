import { decideSession } from '@ropewalk/core/session/decide-session'
import { SessionEvent } from '@ropewalk/core/session/session'
import type { Session, SessionCommand } from '@ropewalk/core/session/session'
import { SESSIONS } from '../identity-sql.ts'
import { makeRootAggregate } from '../root-aggregate.ts'

/** Sessions of agents, as the writer knows them. */
export const SESSION_AGGREGATE = makeRootAggregate<SessionCommand, Session, SessionEvent>({
  kind: 'session',
  idField: 'sessionKey',
  table: SESSIONS,
  insert: 'insertSessions',
  update: 'updateSessions',
  isFor: (command): command is SessionCommand => 'sessionKey' in command,
  getId: (command) => command.sessionKey,
  decide: decideSession,
  contract: SessionEvent,
  // What an agent says of its session is a sign of life; that it was ended is none, and null leaves what is there.
  getColumns: ({ endedAt }, { headAt }) => ({ lastHeartbeatAt: endedAt === null ? headAt : null }),
})
