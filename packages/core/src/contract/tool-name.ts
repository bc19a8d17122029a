import { z } from 'zod'

/** Lower-case, so that the name stands in the names that providers give tools and is told apart from theirs. */
const SERVER = '[a-z][a-z0-9-]{0,31}'
const TOOL = '[A-Za-z0-9_./-]{1,128}'
const OUTSIDE = new RegExp(`^mcp:(${SERVER})/(\\*|${TOOL})$`, 'u')

/** The name under which an operator registers an outside MCP server. */
export const McpServerName = z
  .string()
  .regex(new RegExp(`^${SERVER}$`, 'u'), 'expected a name: lower-case letters, digits and dashes, at most 32')

/** The name of a tool within its MCP server. */
export const McpToolName = z
  .string()
  .regex(
    new RegExp(`^${TOOL}$`, 'u'),
    'expected the name of a tool: letters, digits and _ . / -, at most 128',
  )

/** A tool that agents may call: one of ours by its id, or `mcp:SERVER/TOOL` of an outside server, TOOL `*` for all. */
export const ToolName = z
  .string()
  .regex(
    new RegExp(`^(?:[A-Za-z][A-Za-z0-9._-]{0,63}|mcp:${SERVER}/(?:\\*|${TOOL}))$`, 'u'),
    'expected a tool such as repo.read, mcp:SERVER/TOOL or mcp:SERVER/*',
  )

/** Server and tool of `mcp:SERVER/TOOL`; undefined for a tool of ours. */
export const findOutsideTool = (
  id: string,
): { readonly server: string; readonly tool: string } | undefined => {
  const [, server, tool] = OUTSIDE.exec(id) ?? []
  return server === undefined || tool === undefined ? undefined : { server, tool }
}

/** Whether one of the names stands for this tool: its own, or `mcp:SERVER/*` of its server. */
export const isToolNamed = (id: string, names: readonly string[]): boolean => {
  const server = findOutsideTool(id)?.server
  return names.includes(id) || (server !== undefined && names.includes(`mcp:${server}/*`))
}
