import type { Caller } from '@ropewalk/core/access/caller'
import type { Role } from '@ropewalk/core/access/roles'
import type { ErrorCode } from '@ropewalk/core/errors'
import { RopewalkError } from '@ropewalk/core/errors'
import { AgentId, SessionId, type WorkspaceId } from '@ropewalk/core/ids'
import { expect } from 'vitest'
import { readConfig, type Config } from '../../../../src/config.ts'
import type { Engine } from '../../../../src/engine/contract.ts'
import { callMethod } from '../../../../src/engine/methods/call-method.ts'
import type { MethodCall, MethodSources } from '../../../../src/engine/methods/method.ts'
import { makeUuid, WORKSPACE } from '../../support/stage.ts'

export type Fields = Readonly<Record<string, unknown>>

export const makeCaller = (
  agentId: string,
  role: Role = 'participant',
  rest: Partial<Caller> = {},
): Caller => ({
  kind: 'grant',
  workspaceId: WORKSPACE,
  by: { kind: role === 'operator' ? 'person' : 'agent', id: agentId },
  agentId: AgentId.parse(agentId),
  role,
  sessionId: role === 'operator' ? null : SessionId.parse(`session-${agentId}`),
  scopes: null,
  grantId: null,
  claim: null,
  ...rest,
})

export const LEAD = makeCaller('lead', 'coordinator')
export const ANNA = makeCaller('anna', 'operator')
export const AUDITOR = makeCaller('auditor', 'auditor')

/** The sources of methods, with settings of the test's own; a token of a task is the task's id here. */
export const makeSources = (
  engine: Engine,
  flags: Readonly<Record<string, unknown>> = {},
): MethodSources => ({
  engine,
  config: readConfig({ HOME: '/nowhere' }, { flags, cwd: '/nowhere' }) satisfies Config,
  taskTokens: { sign: ({ taskId, attempt }) => `token-of-${taskId}-${attempt}` },
})

export type CallAs = (
  caller: Caller,
  name: string,
  input: unknown,
  call?: Partial<MethodCall>,
) => Promise<Fields>

export const makeCall =
  (sources: MethodSources): CallAs =>
  (caller, name, input, call = {}) =>
    callMethod(sources, name, input, { caller, requestId: makeUuid(), ...call })

/** The refusal of a call, which has this code. */
export const expectRefusal = async (call: Promise<unknown>, code: ErrorCode): Promise<RopewalkError> => {
  const error: unknown = await call.then(
    (answer) => answer,
    (refusal: unknown) => refusal,
  )
  expect(error, JSON.stringify(error)).toBeInstanceOf(RopewalkError)
  if (!(error instanceof RopewalkError)) throw new Error('it was not refused')
  expect(error.code, error.message).toBe(code)
  return error
}

/** A thread of these agents, started by the lead; a name may be followed by its role: `ben:reviewer`. */
export const startThread = async (call: CallAs, names: readonly string[], lead = LEAD): Promise<string> => {
  const participants = names.map((name) => {
    const [agent_id, role] = name.split(':')
    return role === undefined ? agent_id : { agent_id, role }
  })
  const { thread_id } = await call(lead, 'create_thread', { title: 'Review of the parser', participants })
  return String(thread_id)
}

export const inWorkspace = (caller: Caller, workspaceId: WorkspaceId): Caller => ({ ...caller, workspaceId })
