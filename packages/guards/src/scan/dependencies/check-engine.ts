import { Range, satisfies } from 'semver'
import type { Finding } from '../finding.ts'

/** The day on which each major version of Node got its last fix. Source: https://github.com/nodejs/release */
const LAST_FIX: Readonly<Record<number, string>> = {
  14: '2023-04-30',
  16: '2023-09-11',
  18: '2025-04-30',
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
}
const OLDEST_KNOWN = 14

const isOld = (major: number, at: string): boolean => {
  const last = LAST_FIX[major]
  return major < OLDEST_KNOWN || (last !== undefined && last < at.slice(0, 10))
}

/** Whether a Node without fixes is asked for (medium) or let in (low). Odd versions live briefly and are not told. */
export const checkEngine = (file: string, engine: string | null, at: string): Finding[] => {
  if (engine === null) return []
  let range: Range
  try {
    range = new Range(engine)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const title = `engines.node is no range of versions: ${engine.slice(0, 100)}`
    return [{ rule: 'engine-unclear', severity: 'low', title, file, line: null }]
  }
  const allowed = Array.from({ length: 15 }, (_, index) => 2 * index + 4).filter((major) =>
    satisfies(`${major}.999.999`, range),
  )
  const old = allowed.filter((major) => isOld(major, at))
  if (old.length === 0) return []
  const all = old.length === allowed.length
  const title = all
    ? `engines.node (${engine.slice(0, 100)}) asks for a Node that gets no fixes any more.`
    : `engines.node (${engine.slice(0, 100)}) lets in Node ${old.join(', ')}, which get no fixes any more.`
  return [{ rule: 'engine-deprecated', severity: all ? 'medium' : 'info', title, file, line: null }]
}
