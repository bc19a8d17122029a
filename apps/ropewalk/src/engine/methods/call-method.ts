import { checkAllowed } from '@ropewalk/core/access/is-allowed'
import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Idempotency, SubmitOptions } from '../contract.ts'
import type { AuditNote } from '../identity/contract.ts'
import { makeContractError } from '../inputs/contract-error.ts'
import { checkJson } from '../inputs/read-json.ts'
import { getBodyDigest } from '../runs/start-run.ts'
import { checkHints } from './check-hints.ts'
import type { Method, MethodCall, MethodSources } from './method.ts'
import { findMethod } from './methods.ts'
import { isNotedRefusal, listNamedIds } from './refusals.ts'

type Input = Readonly<Record<string, unknown>>

const getText = (input: Input, name: string): string | null => {
  const value = input[name]
  return typeof value === 'string' ? value : null
}

/** Ids by which inputs name what a call is about, most telling first. */
const RESOURCES = ['thread_id', 'task_id', 'question_id', 'run_id', 'item_id', 'project_id'] as const

const findResource = (input: Input): readonly [type: string, id: string] | undefined => {
  for (const name of RESOURCES) {
    const id = getText(input, name)
    if (id !== null) return [name.slice(0, -3), id]
  }
  return undefined
}

/** Longer reasons are cut in the audit; the ledger has them whole. */
const MAX_REASON = 1000

/**
 * What a call leaves in the audit with its command, where the caller leads and its permission asks for that, or
 * the caller says why.
 */
const makeNote = (
  { contract }: Method,
  input: Input,
  { caller, requestId }: MethodCall,
): AuditNote | undefined => {
  const { isAudited }: { readonly isAudited: boolean } = PERMISSIONS[contract.permission]
  const reason = getText(input, 'reason')
  if ((!isAudited && reason === null) || contract.isReadOnly) return undefined
  if (caller.role !== 'coordinator' && caller.role !== 'operator') return undefined
  const [resourceType, resourceId] = findResource(input) ?? [null, null]
  return {
    actorRole: caller.role,
    operation: contract.name,
    resourceType,
    resourceId,
    threadId: getText(input, 'thread_id'),
    requestId,
    reason: reason?.slice(0, MAX_REASON).toWellFormed() ?? null,
  }
}

/** A caller's own key: it counts per method, caller and thread, so that one key in two threads is two calls. */
const getIdempotency = (
  { contract }: Method,
  { idempotency_key: key, ...body }: Input,
  { caller }: MethodCall,
): Idempotency | undefined => {
  if (typeof key !== 'string') return undefined
  const thread = getText(body, 'thread_id')
  const place = thread === null ? caller.agentId : `${caller.agentId}/${thread}`
  return { route: `mcp/${contract.name}/${place}`, key, bodyDigest: getBodyDigest(body) }
}

const parseInput = ({ contract }: Method, raw: unknown): Input => {
  // A contract that holds itself would follow whatever depth it is given.
  checkJson(raw)
  const parsed = contract.input.safeParse(raw)
  if (!parsed.success) throw makeContractError(parsed.error, 'body')
  return parsed.data
}

const parseOutput = ({ contract }: Method, output: unknown): Input => {
  const parsed = contract.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw new RopewalkError('INVARIANT_BROKEN', `The answer of ${contract.name} breaks its contract.`, {
    details: { issues: parsed.error.issues.slice(0, 5) },
    cause: parsed.error,
  })
}

const run = async (
  sources: MethodSources,
  method: Method,
  raw: unknown,
  call: MethodCall,
): Promise<Input> => {
  const { caller, requestId } = call
  checkAllowed(caller, method.contract.name)
  const input = parseInput(method, raw)
  checkHints(method.contract.name, input, caller)
  const options: SubmitOptions = {
    by: caller.by,
    idempotency: getIdempotency(method, input, call),
    correlationId: requestId,
    audit: makeNote(method, input, call),
  }
  return parseOutput(method, await method.run(sources, input, { ...call, options }))
}

/**
 * Calls a method of the agent surface for whoever the token says, whatever door they came in: checks that they may,
 * reads the input by its contract, and gives the answer as its contract says. Notes in the audit what was refused
 * because of who called. Throws NOT_FOUND for a name that is none, FORBIDDEN, INVALID_ARGUMENT with the places,
 * WORKSPACE_MISMATCH, CLAIM_MISMATCH, and what the method itself throws.
 */
export const callMethod = async (
  sources: MethodSources,
  name: string,
  rawInput: unknown,
  call: MethodCall,
): Promise<Readonly<Record<string, unknown>>> => {
  const method = findMethod(name)
  if (method === undefined) throw new RopewalkError('NOT_FOUND', 'There is no method of this name.')
  try {
    return await run(sources, method, rawInput, call)
  } catch (error) {
    const isNoted = error instanceof RopewalkError && isNotedRefusal(error.code)
    if (isNoted && call.notesRefusals !== false) {
      const { caller, requestId } = call
      const ids = listNamedIds(rawInput)
      sources.engine.auditRefusal({ caller, operation: name, code: error.code, requestId, ids })
    }
    throw error
  }
}
