import { RopewalkError } from '../errors.ts'
import type { Caller } from './caller.ts'
import { type Operation, type OperationFacts, OPERATIONS } from './operations.ts'
import { PERMISSIONS } from './permissions.ts'
import type { Role } from './roles.ts'

/** The row of an operation. Throws INVARIANT_BROKEN where there is none: what is not in the table nobody may do. */
export const getOperation = (name: string): Operation => {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation !== undefined) return operation
  throw new RopewalkError('INVARIANT_BROKEN', `The operation ${name} has no row in access/operations.ts.`)
}

type Refusal = { readonly message: string; readonly permission: string | null }

const findRefusalOfTask = ({ permission, byTask }: OperationFacts): Refusal | undefined =>
  byTask === 'no'
    ? { message: "A task's token may only read its inputs and report on its own task.", permission }
    : undefined

const listRoles = (roles: readonly Role[]): string =>
  roles.length === 1 ? `only ${roles.join('')} has it` : `${roles.join(', ')} have it`

const findRefusal = (
  { kind, role, scopes }: Pick<Caller, 'kind' | 'role' | 'scopes'>,
  operation: Operation,
): Refusal | undefined => {
  if (operation === 'public') return undefined
  const { permission, byTask } = operation
  if (kind === 'task') return findRefusalOfTask(operation)
  if (byTask === 'only')
    return { message: 'Only the token that came with a claimed task may do this.', permission }
  if (permission === null) return undefined
  const { roles }: { readonly roles: readonly Role[] } = PERMISSIONS[permission]
  if (!roles.includes(role))
    return {
      message: `This needs the permission ${permission}, which the role ${role} does not have; ${listRoles(roles)}.`,
      permission,
    }
  if (scopes !== null && !scopes.includes(permission))
    return {
      message: `This needs the permission ${permission}, which the role has but this token was not given: its scopes are ${scopes.join(', ') || 'none'}.`,
      permission,
    }
  return undefined
}

/**
 * Whether a caller may do an operation at all, by role, scopes and kind of token. What it may do it to, the
 * operation itself decides. Throws INVARIANT_BROKEN for a name without a row.
 */
export const isAllowed = (caller: Pick<Caller, 'kind' | 'role' | 'scopes'>, name: string): boolean =>
  findRefusal(caller, getOperation(name)) === undefined

/** The same as a check: throws FORBIDDEN, which says what is missing. */
export const checkAllowed = (
  caller: Pick<Caller, 'kind' | 'role' | 'scopes'>,
  operation: string | Operation,
): void => {
  const refusal = findRefusal(caller, typeof operation === 'string' ? getOperation(operation) : operation)
  if (refusal === undefined) return
  throw new RopewalkError('FORBIDDEN', refusal.message, {
    details: { permission: refusal.permission, role: caller.role },
  })
}
