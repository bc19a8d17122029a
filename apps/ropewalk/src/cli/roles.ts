import type { Roles } from './house.ts'

/** What this release does of backlogs, by capability; generic takes what nobody else is there for. */
export const BACKLOG_CAPABILITIES = [
  'time_waste',
  'cost',
  'friction',
  'scenario',
  'requirements_manager',
  'dev',
  'test',
  'generic',
] as const

/**
 * Which work of backlogs a process does, and since when it reads the bus: from the start, or only where there is
 * a project, so that nothing is asked of a bus that nobody uses.
 */
export type BacklogRole = { readonly capabilities: readonly string[]; readonly bus: 'always' | 'when-used' }

/** All that a home needs to get its work done, in one process. */
export const ALL_ROLES: Roles = {
  serve: true,
  worker: true,
  timers: true,
  relay: 'when-used',
  backlog: { capabilities: BACKLOG_CAPABILITIES, bus: 'when-used' },
}
