import type { Role } from '../access/roles.ts'
import type { Principal } from '../decision.ts'

/** Whether it is a coordinator or an operator: they decide what agents with other roles cannot. */
export const isLeader = (role: Role): boolean => role === 'coordinator' || role === 'operator'

export const isPerson = ({ kind }: Principal): boolean => kind === 'person'
