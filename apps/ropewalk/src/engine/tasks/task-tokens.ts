import type { TaskClaim } from '@ropewalk/core/access/caller'

/** Makes the token of an attempt, with which its worker does what belongs to the task and nothing else. */
export type SignTask = (claim: Omit<TaskClaim, 'expiresAt'>) => string

/** What a door or a method needs in order to hand tasks out. */
export type TaskSigner = { readonly sign: SignTask }
