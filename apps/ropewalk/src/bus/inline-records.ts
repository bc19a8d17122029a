import { sha256 } from '@ropewalk/core/canonical'
import type { InlineRecords } from '@ropewalk/core/contract/events/inbound'
import type { Upload } from '@ropewalk/core/contract/item'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { escapeCsvCell } from '@ropewalk/core/ingest/escape-csv-cell'
import { makeRecords } from '@ropewalk/core/ingest/make-records'
import type { Cell } from '@ropewalk/core/ingest/table'
import type { Blobs } from '../engine/contract.ts'

const toCell = (value: string | number | boolean | null | undefined): Cell =>
  value === null || value === undefined ? '' : typeof value === 'boolean' ? String(value) : value

/**
 * Keeps records that came inside a message as an upload: as the CSV that they would have been, and as what was
 * read from them. Durable when it resolves; safe to repeat. Throws INVALID_ARGUMENT for what is no table of work.
 */
export const keepInlineRecords = async (
  blobs: Blobs,
  workspaceId: WorkspaceId,
  { name, rows }: InlineRecords,
): Promise<Upload> => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const table = [columns, ...rows.map((row) => columns.map((column) => toCell(row[column])))]
  const csv = Buffer.from(table.map((cells) => `${cells.map(escapeCsvCell).join(',')}\n`).join(''))
  const records = makeRecords(
    { rows: table.map((cells, index) => ({ line: index + 1, cells })), warnings: [], delimiter: ',' },
    { name, digest: sha256(csv), mediaType: 'text/csv' },
  )
  const digest = await blobs.put(workspaceId, csv)
  const recordsDigest = await blobs.put(workspaceId, Buffer.from(JSON.stringify(records)))
  return { name, digest, recordsDigest, rows: records.rows.length }
}
