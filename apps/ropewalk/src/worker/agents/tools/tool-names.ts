import { sha256 } from '@ropewalk/core/canonical'
import { findOutsideTool } from '@ropewalk/core/contract/tool-name'

/** Longest name of a tool that every provider takes. */
const MAX_WIRE_NAME = 64

/** Tools of outside servers: their names may hold what no provider's may, and two may then look alike. */
const getOutsideWireName = (id: string, server: string, tool: string): string => {
  const plain = `mcp__${server}__${tool}`
  if (/^[A-Za-z0-9_-]+$/u.test(plain) && plain.length <= MAX_WIRE_NAME) return plain
  const mark = sha256(id).slice(0, 8)
  return `${plain.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, MAX_WIRE_NAME - 9)}_${mark}`
}

/** The name under which providers know a tool: their names have neither dots nor colons. */
export const getWireName = (id: string): string => {
  const outside = findOutsideTool(id)
  return outside === undefined
    ? id.replaceAll('.', '_')
    : getOutsideWireName(id, outside.server, outside.tool)
}

/**
 * The id behind a provider's name: our own ids are `group.verb`, so the first underscore was the dot; a tool of an
 * outside server whose name had to be changed keeps the changed one.
 */
export const getToolId = (wireName: string): string => {
  const [, server, tool] = /^mcp__([a-z][a-z0-9-]*)__(.+)$/u.exec(wireName) ?? []
  return server === undefined || tool === undefined ? wireName.replace('_', '.') : `mcp:${server}/${tool}`
}
