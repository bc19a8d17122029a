import type { Caller } from '@ropewalk/core/access/caller'
import { RopewalkError } from '@ropewalk/core/errors'

type Input = Readonly<Record<string, unknown>>

/** Who calls by the token, under the names that inputs use. `agent_id` of a method about others is no hint. */
const listClaims = ({
  workspaceId,
  agentId,
  sessionId,
}: Caller): Readonly<Record<string, string | null>> => ({
  workspace_id: workspaceId,
  agent_id: agentId,
  created_by: agentId,
  sender_agent_id: agentId,
  sender_session_id: sessionId,
})

/** Methods in which `agent_id` is whom they are about. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set(['remove_participant'])

/**
 * What a caller says of itself must be what its token says (row CX-20). A session may be named where the token is
 * of none. Throws WORKSPACE_MISMATCH and CLAIM_MISMATCH.
 */
export const checkHints = (name: string, input: Input, caller: Caller): void => {
  for (const [hint, expected] of Object.entries(listClaims(caller))) {
    const given = input[hint]
    if (given === undefined || given === expected) continue
    if (hint === 'agent_id' && ABOUT_OTHERS.has(name)) continue
    if (expected === null) continue
    throw new RopewalkError(
      hint === 'workspace_id' ? 'WORKSPACE_MISMATCH' : 'CLAIM_MISMATCH',
      `The token is of another ${hint} than the request says. Leave ${hint} out: it is taken from the token.`,
      { details: { hint } },
    )
  }
}
