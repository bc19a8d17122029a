import type { AuditLine } from '@ropewalk/core/contract/api/audit'
import { getShortId } from '@ropewalk/core/short-id'
import { listAll } from '../api.ts'
import type { CommonFlags } from '../settings.ts'
import { clip, makeTable, type Terminal } from '../terminal.ts'
import { resolveThreadId } from '../thread-ref.ts'
import { EXIT } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type AuditFlags = CommonFlags & {
  readonly actor?: string
  readonly operation?: string
  readonly thread?: string
  readonly result?: string
  readonly limit: number
}

const PAGE = 200

const makeRow = (line: AuditLine): string[] => [
  line.at.slice(0, 19).replace('T', ' '),
  clip(line.actor, 30),
  line.actorRole,
  line.operation,
  line.resourceId === null ? '-' : getShortId(line.resourceId),
  line.result,
  clip(line.reason ?? '', 60),
]

/** Who did what with which reason, and who was refused; the newest first. */
export const list = (terminal: Terminal, flags: AuditFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { actor, operation, limit: most } = flags
    // Codes are written in capitals, and nobody should find nothing because of that.
    const result = flags.result?.toLowerCase() === 'ok' ? 'ok' : flags.result?.toUpperCase()
    const threadId = flags.thread === undefined ? undefined : await resolveThreadId(api, flags.thread)
    const lines: AuditLine[] = []
    let hasMore = false
    const limit = Math.min(most + 1, PAGE)
    for await (const line of listAll((cursor) =>
      api.listAudit({ limit, cursor, actor, operation, threadId, result }),
    )) {
      hasMore = lines.length >= most
      if (hasMore) break
      lines.push(line)
    }
    if (flags.json === true) terminal.out(JSON.stringify({ items: lines, hasMore }))
    else if (lines.length === 0) terminal.say('The audit has no such line.')
    else {
      const head = ['WHEN', 'WHO', 'ROLE', 'DID', 'TO', 'RESULT', 'WHY']
      terminal.out(makeTable([head, ...lines.map(makeRow)], terminal.stdout.columns))
      if (hasMore) terminal.say(`There is more: ./ropewalk audit list --limit ${most * 2}`)
    }
    return EXIT.ok
  })
