import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { KeyObject } from 'node:crypto'
import path from 'node:path'
import { z } from 'zod'
import { makePrivateFolder, readOrMakeSecret } from '../store/keys/home-folder.ts'
import { openSigningKeys } from '../store/keys/signing-keys.ts'

/** 32 random bytes in base64url: 43 characters that stand in any header or file. */
export const makeApiToken = (): string => randomBytes(32).toString('base64url')

export const getTokenFile = (home: string): string => path.join(home, 'keys', 'api-token')

/** The token that opens the API of this home, made on first use; only its owner can read the file. */
export const readApiToken = (home: string): string => {
  makePrivateFolder(home)
  makePrivateFolder(path.join(home, 'keys'))
  return readOrMakeSecret(getTokenFile(home), makeApiToken).trim()
}

/** Where the live server of a home says that it is. */
export const ServerRecord = z.strictObject({ pid: z.int().min(1), url: z.url(), startedAt: z.string() })
export type ServerRecord = z.infer<typeof ServerRecord>

const getServerFile = (home: string): string => path.join(home, 'server.json')

/** What is written of a server, whether or not it still lives; undefined for none or a broken file. */
export const findServerRecord = (home: string): ServerRecord | undefined => {
  const file = getServerFile(home)
  if (!existsSync(file)) return undefined
  try {
    return ServerRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // Somebody else's file, or one that was being removed: there is no server we could speak to.
    return undefined
  }
}

/** Names this process as the server of the home; the file is there whole or not at all. */
export const writeServerRecord = (home: string, record: ServerRecord): void => {
  const temporary = `${getServerFile(home)}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(temporary, getServerFile(home))
}

/** Takes our own record away; that of another process stays. */
export const removeServerRecord = (home: string): void => {
  if (findServerRecord(home)?.pid === process.pid) rmSync(getServerFile(home), { force: true })
}

/** Whether a process of that number lives, whoever owns it. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The public keys that this home trusts; none where it has never made a key. Makes nothing. */
export const listTrustedKeys = (home: string): readonly KeyObject[] => {
  const dir = path.join(home, 'keys')
  const hasKey = existsSync(dir) && readdirSync(dir).some((name) => /^signing-\d{4}\.pem$/u.test(name))
  return hasKey ? openSigningKeys(home).publicKeys : []
}
