import { randomBytes } from 'node:crypto'
import { link, open, readFile, unlink } from 'node:fs/promises'
import { z } from 'zod'
import type { Layout } from './layout.ts'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'

/** The bootstrap superuser of the embedded server, as kept in `keys/postgres.json`. */
export const SuperuserKey = z.strictObject({ superuser: z.string().min(1), password: z.string().min(20) })
export type SuperuserKey = z.infer<typeof SuperuserKey>

/** Undefined when there is no file. Throws STORE_UNAVAILABLE when there is one that cannot be read as a key. */
export async function findSuperuserKey(layout: Layout): Promise<SuperuserKey | undefined> {
  let text: string
  try {
    text = await readFile(layout.keyFile, 'utf8')
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined
    return explainDiskTrouble('The password of the embedded Postgres cannot be read', () =>
      Promise.reject(error),
    )
  }
  try {
    return SuperuserKey.parse(JSON.parse(text))
  } catch (error) {
    throw makeStoreUnavailable({
      what: `${layout.keyFile} cannot be used`,
      why: 'it is not the file this program wrote',
      next: 'Restore it from a backup.',
      cause: error,
    })
  }
}

/**
 * Makes the superuser's random password and writes it to `keys/postgres.json`, 0600. File and folder are on disk
 * before it returns; a crash leaves either no key file or a whole one. Throws when there is one already.
 */
export function createSuperuserKey(layout: Layout): Promise<SuperuserKey> {
  const key = { superuser: 'ropewalk_admin', password: randomBytes(24).toString('base64url') }
  return explainDiskTrouble('The password of the embedded Postgres cannot be written', async () => {
    const temporary = `${layout.keyFile}.${randomBytes(6).toString('hex')}`
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(key)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    try {
      // A link, not a rename: it refuses to replace a key that a server may already depend on.
      await link(temporary, layout.keyFile)
    } finally {
      await unlink(temporary)
    }
    await syncFolder(layout.keysDir)
    return key
  })
}

/** Makes earlier creations, renames and removals in `path` survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
