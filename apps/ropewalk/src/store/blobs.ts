import { sha256 } from '@ropewalk/core/canonical'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead, runWrite } from './open.ts'
import type { Store } from './open.ts'

/** The bytes behind digests. `put` is durable when it returns. Throws PAYLOAD_TOO_LARGE, STORAGE_FULL, NOT_FOUND. */
export type Blobs = {
  put(workspaceId: WorkspaceId, bytes: Uint8Array): Promise<string>
  read(workspaceId: WorkspaceId, digest: string): Promise<Buffer>
  has(workspaceId: WorkspaceId, digest: string): Promise<boolean>
}

/** Postgres hands a value over whole; larger ones would stand in memory several times. */
export const MAX_BLOB_BYTES = 32 * 1024 * 1024

/**
 * Bytes in Postgres, named by their SHA-256. `put` is durable when it resolves and may be repeated; what
 * no command has named within 24 hours of the last `put` is swept.
 */
export const makeBlobs = (store: Store): Blobs => ({
  put: async (workspaceId, bytes) => {
    if (bytes.byteLength > MAX_BLOB_BYTES) {
      throw new RopewalkError(
        'PAYLOAD_TOO_LARGE',
        `Expected at most ${MAX_BLOB_BYTES} bytes, got ${bytes.byteLength}.`,
      )
    }
    const digest = sha256(bytes)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await runWrite(
      store,
      [workspaceId],
      [
        {
          name: 'put_blob',
          text: `INSERT INTO ropewalk.blobs AS b (workspace_id, digest, bytes, size, named, created_at)
          VALUES ($1, $2, $3::bytea, octet_length($3::bytea), false, ropewalk.now())
          ON CONFLICT (workspace_id, digest) DO UPDATE SET created_at = excluded.created_at WHERE NOT b.named`,
          values: [workspaceId, digest, buffer],
        },
      ],
    )
    return digest
  },
  read: async (workspaceId, digest) => {
    const [rows = []] = await runRead(store, workspaceId, [
      {
        name: 'read_blob',
        text: 'SELECT b.bytes FROM ropewalk.blobs b WHERE b.workspace_id = $1 AND b.digest = $2',
        values: [workspaceId, digest],
      },
    ])
    const [row] = rows as readonly { bytes: Buffer }[]
    if (row === undefined) throw new RopewalkError('NOT_FOUND', `There is no blob ${digest}.`)
    return row.bytes
  },
  has: async (workspaceId, digest) => {
    const [rows = []] = await runRead(store, workspaceId, [
      {
        name: 'has_blob',
        text: 'SELECT 1 FROM ropewalk.blobs b WHERE b.workspace_id = $1 AND b.digest = $2',
        values: [workspaceId, digest],
      },
    ])
    return rows.length > 0
  },
})
