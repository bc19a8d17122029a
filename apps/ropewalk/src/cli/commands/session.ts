import type { SessionEntry } from '@ropewalk/core/contract/api/sessions'
import { listAll } from '../api.ts'
import { getAgoText } from '../question-text.ts'
import type { CommonFlags } from '../settings.ts'
import { clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

const getState = (session: SessionEntry): string => {
  if (session.endedAt !== null) return 'ended'
  return session.isStale ? `${session.status}, stale` : session.status
}

/** The sessions of agents: what runs them, whether they are alive. */
export const list = (terminal: Terminal, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const sessions = await Array.fromAsync(listAll((cursor) => api.listSessions({ limit: PAGE, cursor })))
    if (flags.json === true) terminal.out(JSON.stringify({ items: sessions }))
    else if (sessions.length === 0) terminal.say('No agent has said that it has a session.')
    else {
      const rows = sessions.map((session) => [
        clip(session.agentId, 40),
        getState(session),
        session.runtime,
        session.managementMode,
        session.resumable ? 'yes' : 'no',
        getAgoText(session.lastHeartbeatAt),
        clip(session.sessionId, 40),
      ])
      const head = ['AGENT', 'STATUS', 'RUNTIME', 'MODE', 'RESUMABLE', 'HEARD OF', 'SESSION']
      terminal.out(makeTable([head, ...rows]))
    }
    return EXIT.ok
  })

/** One agent's session, and who writes into it. */
export const show = (terminal: Terminal, agent: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const session = await withNext('See which there are: ./ropewalk session list', () =>
      api.readSession(agent),
    )
    if (flags.json === true) terminal.out(JSON.stringify(session))
    else {
      terminal.out(
        makeTable([
          ['  agent', session.agentId],
          ['  session', session.sessionId],
          ['  status', getState(session)],
          ['  runtime', `${session.runtime}, ${session.managementMode}`],
          ['  resumable', session.resumable ? 'yes' : 'no'],
          ['  registered', session.registeredAt],
          ['  heard of', session.lastHeartbeatAt],
          ['  writer', session.writer === null ? 'nobody' : `${session.writer} until ${session.writerUntil}`],
        ]),
      )
    }
    return EXIT.ok
  })
