import type { Role } from './roles.ts'

/** One row of the matrix: what it lets a caller do, which roles have it, and whether each use is audited. */
export type PermissionFacts = {
  readonly about: string
  readonly roles: readonly Role[]
  /** Uses that change something are kept in the audit with who, why and which request. */
  readonly isAudited: boolean
}

const ALL = ['participant', 'coordinator', 'auditor', 'operator'] as const
const WATCHERS = ['coordinator', 'auditor', 'operator'] as const
const DOERS = ['participant', 'coordinator', 'operator'] as const
const LEADERS = ['coordinator', 'operator'] as const
const PEOPLE = ['operator'] as const

const row = (about: string, roles: readonly Role[], isAudited = false): PermissionFacts => ({
  about,
  roles,
  isAudited,
})

/**
 * Every permission, which is also the name of a scope: a token may be narrowed to some of those its role has.
 * docs/access.md is generated from this table and from `OPERATIONS`. What is not here nobody may do.
 */
export const PERMISSIONS = {
  'runs:read': row('Read runs, phases, gates, artifacts, costs and dossiers.', ALL),
  'runs:write': row(
    'Plan, start, fork, pause, resume and cancel runs, and edit their artifacts.',
    LEADERS,
    true,
  ),
  'budgets:write': row('Give a run more money.', PEOPLE, true),
  'gates:decide': row('Approve what a gate has passed, and decide waivers.', PEOPLE, true),
  'waivers:request': row('Ask for a waiver.', DOERS, true),
  'questions:read': row('Read questions and the inbox.', ALL),
  'questions:ask': row('Ask a question.', DOERS),
  'questions:answer': row('Answer questions that are open.', LEADERS, true),
  'backlog:read': row('Read projects, items and what was handed in.', ALL),
  'backlog:write': row('Start projects and change items.', LEADERS, true),
  'work:do': row('Claim tasks and report on them.', DOERS),
  'events:read': row('Read the event log of the workspace.', WATCHERS),
  'threads:read': row('Read threads; a participant reads those it takes part in.', ALL),
  'threads:write': row('Post, and say what was read; a participant where it takes part.', DOERS),
  'threads:manage': row(
    'Create threads, change their status and participants, and wake agents.',
    LEADERS,
    true,
  ),
  'sessions:read': row('Read which sessions agents have.', WATCHERS),
  'sessions:write': row("Say that one's own session is alive.", DOERS),
  'dead-letters:read': row('Read dead letters.', WATCHERS),
  'dead-letters:write': row('Send dead letters again, or drop them.', PEOPLE, true),
  'audit:read': row('Read the audit.', WATCHERS),
  'metrics:read': row('Read what the process counts of itself.', WATCHERS),
  'tokens:manage': row('Issue, list and revoke tokens.', PEOPLE, true),
  'policy:read': row('Read how long messages are kept and what is masked.', WATCHERS),
  'policy:write': row('Change how long messages are kept and what is masked.', PEOPLE, true),
} as const satisfies Record<string, PermissionFacts>

export type Permission = keyof typeof PERMISSIONS
