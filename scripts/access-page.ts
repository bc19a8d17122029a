// The tables of docs/access.md, made of what core knows of permissions and operations.
import { OPERATIONS } from '../packages/core/src/access/operations.ts'
import { type Permission, PERMISSIONS } from '../packages/core/src/access/permissions.ts'
import { Role } from '../packages/core/src/access/roles.ts'

const ROLES = Role.options

const yes = (is: boolean): string => (is ? 'yes' : '')

const listRoles = (permission: Permission | null): readonly string[] =>
  permission === null ? ROLES : PERMISSIONS[permission].roles

const BY_TASK = { no: '', also: 'within its task', only: 'only' } as const

/** Cells of the two tables, head first. */
export const makeAccessTables = (): Readonly<Record<'permissions' | 'operations', readonly string[][]>> => ({
  permissions: [
    ['permission', ...ROLES, 'audited', 'what it lets one do'],
    ...Object.entries(PERMISSIONS).map(([name, { about, roles, isAudited }]) => {
      const has: readonly string[] = roles
      return [`\`${name}\``, ...ROLES.map((role) => yes(has.includes(role))), yes(isAudited), about]
    }),
  ],
  operations: [
    ['operation', 'permission', ...ROLES, 'token of a task'],
    ...Object.entries(OPERATIONS).map(([name, operation]) => {
      if (operation === 'public')
        return [`\`${name}\``, 'none, and no token', ...ROLES.map(() => 'yes'), 'yes']
      const { permission, byTask } = operation
      const has = byTask === 'only' ? [] : listRoles(permission)
      return [
        `\`${name}\``,
        permission === null ? 'none' : `\`${permission}\``,
        ...ROLES.map((role) => yes(has.includes(role))),
        BY_TASK[byTask],
      ]
    }),
  ],
})

/** A table as the formatter of this repository writes it. */
const layOut = ([head = [], ...rows]: readonly string[][]): string => {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** A page with the tables as they should be between its marks. Throws where a mark is missing. */
export const fillAccessPage = (page: string): string => {
  let filled = page
  for (const [name, table] of Object.entries(makeAccessTables())) {
    const [start, end] = [`<!-- ${name}: npm run schemas -->`, `<!-- /${name} -->`]
    const [from, to] = [filled.indexOf(start), filled.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/access.md has no place for the table of ${name}.`)
    filled = `${filled.slice(0, from + start.length)}\n\n${layOut(table)}\n\n${filled.slice(to)}`
  }
  return filled
}
