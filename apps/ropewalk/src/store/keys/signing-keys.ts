import { createPublicKey, type KeyObject } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { getKeyId, isHeadAuthentic, signHead } from '@ropewalk/core/dossier/keys'
import { RopewalkError } from '@ropewalk/core/errors'
import { SignedHead } from '@ropewalk/core/ledger/entry'
import { makePrivateFolder, syncFolder } from './home-folder.ts'
import { addNumberedKey, type NumberedKeys, openNumberedKeys } from './numbered-keys.ts'

/** The Ed25519 keys of one home: the newest signs, all of them verify. */
export type SigningKeys = {
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKeys: readonly KeyObject[]
}

const toSigningKeys = ({ newest, all }: NumberedKeys): SigningKeys => ({
  keyId: getKeyId(newest),
  privateKey: newest,
  publicKeys: all.map((key) => createPublicKey(key)),
})

/** The signing keys in `<home>/keys`. */
export const openSigningKeys = (home: string): SigningKeys => toSigningKeys(openNumberedKeys(home, 'signing'))

/** Adds a new key, which signs from now on; older ones still verify. */
export const rotateSigningKey = (home: string): SigningKeys => toSigningKeys(addNumberedKey(home, 'signing'))

const getHeadsFile = (home: string, stream: string): string => {
  if (!/^[A-Za-z0-9._-]{1,120}$/u.test(stream)) {
    throw new RopewalkError('INVARIANT_BROKEN', `The stream name ${stream} cannot be a file name.`)
  }
  return path.join(home, 'keys', 'heads', `${stream}.jsonl`)
}

/**
 * Ends a line that a crash or a full disk cut off, so that readers can tell it from one that somebody changed. No
 * head ends like this. Cutting the rest away instead could take a line that another process is just writing.
 */
const TORN = '~torn'

const NEWLINE = 0x0a

const hasUnfinishedLine = (fd: number): boolean => {
  const { size } = fstatSync(fd)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE
}

/** Appends in one write, so that the lines of two processes never mix. Throws STORAGE_FULL when it went in half. */
const appendLine = (fd: number, line: string): void => {
  const bytes = Buffer.from(`${hasUnfinishedLine(fd) ? `${TORN}\n` : ''}${line}\n`)
  const written = writeSync(fd, bytes)
  if (written < bytes.length)
    throw new RopewalkError(
      'STORAGE_FULL',
      `Only ${written} of ${bytes.length} bytes of a signed head could be written.`,
    )
  fsyncSync(fd)
}

/**
 * Signs that a stream stood at `seq` with `hash` and appends that to a file beside the keys, outside the
 * database. Durable when it returns; repeating it adds an equal line, which does no harm. Throws STORAGE_FULL.
 */
export const appendSignedHead = (
  home: string,
  keys: SigningKeys,
  head: { readonly stream: string; readonly seq: number; readonly hash: string; readonly at: string },
): SignedHead => {
  const signed = signHead(head, keys.privateKey)
  const dir = makePrivateFolder(path.join(home, 'keys', 'heads'))
  const fd = openSync(getHeadsFile(home, head.stream), 'a+', 0o600)
  try {
    appendLine(fd, JSON.stringify(signed))
  } finally {
    closeSync(fd)
  }
  syncFolder(dir)
  return signed
}

/** A line of a file of heads, which must be one that we signed. Throws INVALID_ARGUMENT. */
const parseHead = (line: string, place: string, keys: SigningKeys): SignedHead => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', `${place} is not JSON.`, { cause: error })
  }
  const head = SignedHead.safeParse(value)
  if (!head.success || !keys.publicKeys.some((key) => isHeadAuthentic(head.data, key)))
    throw new RopewalkError('INVALID_ARGUMENT', `${place} is not a head signed by one of the keys here.`)
  return head.data
}

/**
 * The signed heads of a stream. A last line cut off by a crash, and one that was ended as torn since, are left
 * out: they were never promised. Any other line that does not parse or was not signed by one of our keys throws
 * INVALID_ARGUMENT.
 */
export const readSignedHeads = (home: string, keys: SigningKeys, stream: string): SignedHead[] => {
  const file = getHeadsFile(home, stream)
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const lines = source.split('\n')
  lines.pop()
  return lines.flatMap((line, index) =>
    line.endsWith(TORN) ? [] : [parseHead(line, `${file}:${index + 1}`, keys)],
  )
}
