import { Name, text } from '@ropewalk/core/text'
import { RopewalkError } from '@ropewalk/core/errors'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** Values by name, as kept in `keys/secrets.json`. */
const SecretsFile = z.strictObject({ version: z.literal(1), secrets: z.record(Name, text(64_000, 1)) })
type SecretsFile = z.infer<typeof SecretsFile>

export type Secrets = Readonly<Record<string, string>>

/** Values shorter than this are not searched for in texts: they would turn ordinary words into marks. */
const MIN_REDACTED_LENGTH = 6

const SQLITE_BUSY = 5

const keysDir = (home: string) => join(home, 'keys')
const secretsPath = (home: string) => join(home, 'keys', 'secrets.json')

/** The names of the secrets of this home, sorted; never a value. */
export const listSecretNames = async (home: string): Promise<readonly string[]> =>
  Object.keys((await loadSecrets(home)).secrets).toSorted()

/** The values of `names`. Throws NOT_FOUND, naming them, when some are not there. */
export const readSecrets = async (home: string, names: readonly string[]): Promise<Secrets> => {
  if (names.length === 0) return {}
  const { secrets } = await loadSecrets(home)
  const absent = names.filter((name) => !Object.hasOwn(secrets, name))
  if (absent.length > 0)
    throw new RopewalkError(
      'NOT_FOUND',
      `No secret named ${absent.join(', ')}; keep it with: ./ropewalk secret set ${absent[0] ?? 'NAME'}`,
      {
        details: { names: absent },
      },
    )
  return Object.fromEntries(names.map((name) => [name, secrets[name] ?? '']))
}

/** Keeps a secret under its name, in place of an older value. On disk when it returns. */
export const setSecret = async (home: string, name: string, value: string): Promise<void> => {
  const parsed = z.strictObject({ name: Name, value: text(64_000, 1) }).safeParse({ name, value })
  if (!parsed.success)
    // Zod's own message could quote the value.
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'A secret has a name (a letter, then letters, digits, . _ or -) and a value of 1 to 64,000 characters without NUL.',
    )
  await changeSecrets(home, (secrets) => ({ ...secrets, [name]: value }))
}

/** Removes a secret. Throws NOT_FOUND when there is none of that name. */
export const removeSecret = async (home: string, name: string): Promise<void> => {
  await changeSecrets(home, (secrets) => {
    if (!Object.hasOwn(secrets, name))
      throw new RopewalkError('NOT_FOUND', `No secret named ${name}; see: ropewalk secret list`, {
        details: { name },
      })
    return Object.fromEntries(Object.entries(secrets).filter(([key]) => key !== name))
  })
}

/** Takes the value of a secret from a stream such as stdin, without the newline that ends it. */
export const readSecretValue = async (input: AsyncIterable<string | Uint8Array>): Promise<string> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of input) {
    const buffer = Buffer.from(part)
    bytes += buffer.length
    if (bytes > 256_000)
      throw new RopewalkError('PAYLOAD_TOO_LARGE', 'A secret has at most 64,000 characters.')
    parts.push(buffer)
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/u, '')
}

/**
 * A function that replaces every given value in a text by `[secret]`, also where the value was written as
 * JSON, base64 or for a URL. Values under six characters are left alone.
 */
export const makeRedactor = (values: Iterable<string>): ((text: string) => string) => {
  const forms = new Set<string>()
  for (const value of values)
    if (value.length >= MIN_REDACTED_LENGTH)
      for (const form of [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value.toWellFormed()),
        Buffer.from(value).toString('base64'),
        Buffer.from(value).toString('base64url'),
      ])
        forms.add(form)
  // Longest first, else a short value that is part of a long one leaves the rest of it readable.
  const ordered = [...forms].toSorted((a, b) => b.length - a.length)
  return (input) => ordered.reduce((done, form) => done.replaceAll(form, '[secret]'), input)
}

const loadSecrets = async (home: string): Promise<SecretsFile> => {
  const path = secretsPath(home)
  let content: string
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { mode } = await file.stat()
      if ((mode & 0o077) !== 0)
        throw new RopewalkError(
          'FORBIDDEN',
          `${path} can be read by others (mode ${(mode & 0o777).toString(8)}). Change the secrets in it, then: chmod 600 '${path}'`,
        )
      content = await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { version: 1, secrets: {} }
    throw error
  }
  const parsed = SecretsFile.safeParse(parseJson(content))
  if (!parsed.success)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${path} is not the file this program wrote; restore it from a backup, or remove it and set the secrets again.`,
    )
  return parsed.data
}

const parseJson = (content: string): unknown => {
  try {
    return JSON.parse(content)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Reads, changes and replaces the file as one writer at a time; a crash leaves the old file or the new one. */
const changeSecrets = async (home: string, change: (secrets: Secrets) => Secrets): Promise<void> => {
  await mkdir(keysDir(home), { recursive: true, mode: 0o700 })
  await refuseOpenFolder(keysDir(home))
  const unlock = await lockSecrets(home)
  try {
    const secrets = change((await loadSecrets(home)).secrets)
    const temporary = `${secretsPath(home)}.${randomBytes(6).toString('hex')}`
    try {
      await writeDurably(temporary, `${JSON.stringify({ version: 1, secrets } satisfies SecretsFile)}\n`)
      await rename(temporary, secretsPath(home))
    } catch (error) {
      await unlink(temporary).catch((cause: unknown) => {
        if (!isCode(cause, 'ENOENT')) throw cause
      })
      throw error
    }
    await syncFolder(keysDir(home))
  } finally {
    unlock()
  }
}

const refuseOpenFolder = async (path: string): Promise<void> => {
  const { mode } = await lstat(path)
  if ((mode & 0o077) !== 0)
    throw new RopewalkError(
      'FORBIDDEN',
      `${path} is open to others (mode ${(mode & 0o777).toString(8)}); close it first: chmod 700 '${path}'`,
    )
}

/**
 * Waits up to ten seconds to be the only writer. The lock is the kernel's, taken through an exclusive SQLite
 * transaction that writes nothing (Node has no file lock of its own), so that a writer that dies lets go.
 */
const lockSecrets = async (home: string): Promise<() => void> => {
  const path = join(keysDir(home), 'secrets.lock')
  // SQLite would make the file readable to everybody, and a reader's lock keeps a writer out.
  await (await open(path, 'a', 0o600)).close()
  for (let tries = 0; tries < 400; tries += 1) {
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return () => {
        database.close()
      }
    } catch (error) {
      database.close()
      if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error
    }
    await delay(25)
  }
  throw new RopewalkError('LOCK_TIMEOUT', `Another process is writing ${secretsPath(home)}; try again.`)
}

const writeDurably = async (path: string, content: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
