import { z } from 'zod'
import { Digest } from '../../text.ts'
import { FileName, RecordColumn, RecordRow, RecordSource, RecordWarning, RowCount } from '../records.ts'

/** `name` is what the file is called; a form carries it itself, raw bytes need it here. */
export const UploadQuery = z.strictObject({ name: FileName.optional() })
export type UploadQuery = z.infer<typeof UploadQuery>

/**
 * What was read of an uploaded file. `digest` names its bytes, `recordsDigest` the JSON of its records; both
 * are kept for 24 hours, and for good once a command names them. Warnings are the first 50 of `warningCount`,
 * the preview the first 5 of `rows` records.
 */
export const UploadedRecords = z.strictObject({
  digest: Digest,
  recordsDigest: Digest,
  name: FileName,
  mediaType: RecordSource.shape.mediaType,
  bytes: z.int().min(1),
  rows: RowCount,
  /** Records without a duration of their own, which was guessed. */
  guessed: RowCount,
  columns: z.array(RecordColumn),
  warningCount: z.int().min(0),
  warnings: z.array(RecordWarning).max(50),
  preview: z.array(RecordRow).max(5),
})
export type UploadedRecords = z.infer<typeof UploadedRecords>
