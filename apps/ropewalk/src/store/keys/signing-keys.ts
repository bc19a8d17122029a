import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendFileSync, closeSync, fsyncSync, openSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { getKeyId, isHeadAuthentic, signHead } from '@ropewalk/core/dossier/keys'
import { RopewalkError } from '@ropewalk/core/errors'
import { SignedHead } from '@ropewalk/core/ledger/entry'
import { makePrivateFolder, syncFolder, writeNewFile } from './home-folder.ts'

/** The Ed25519 keys of one home: the newest signs, all of them verify. */
export type SigningKeys = {
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKeys: readonly KeyObject[]
}

const KEY_FILE = /^signing-(\d{4})\.pem$/u

const listKeyFiles = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => KEY_FILE.test(name))
    .toSorted()

const makeKeyFile = (dir: string, number: number): void => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeNewFile(path.join(dir, `signing-${String(number).padStart(4, '0')}.pem`), pem)
}

const readKeys = (dir: string): SigningKeys => {
  const keys = listKeyFiles(dir).map((name) => createPrivateKey(readFileSync(path.join(dir, name))))
  const newest = keys.at(-1)
  if (newest === undefined) throw new RopewalkError('INVARIANT_BROKEN', `There is no signing key in ${dir}.`)
  return { keyId: getKeyId(newest), privateKey: newest, publicKeys: keys.map((key) => createPublicKey(key)) }
}

/**
 * The signing keys in `<home>/keys`, the first of them made on first use (0600, durable).
 * Two processes that start at once end with the same key.
 */
export const openSigningKeys = (home: string): SigningKeys => {
  makePrivateFolder(home)
  const dir = makePrivateFolder(path.join(home, 'keys'))
  if (listKeyFiles(dir).length === 0) makeKeyFile(dir, 1)
  return readKeys(dir)
}

/** Adds a new key, which signs from now on; older ones still verify. */
export const rotateSigningKey = (home: string): SigningKeys => {
  const dir = makePrivateFolder(path.join(home, 'keys'))
  const last = listKeyFiles(dir).at(-1)
  makeKeyFile(dir, last === undefined ? 1 : Number(KEY_FILE.exec(last)?.[1]) + 1)
  return readKeys(dir)
}

const getHeadsFile = (home: string, stream: string): string => {
  if (!/^[A-Za-z0-9._-]{1,120}$/u.test(stream)) {
    throw new RopewalkError('INVARIANT_BROKEN', `The stream name ${stream} cannot be a file name.`)
  }
  return path.join(home, 'keys', 'heads', `${stream}.jsonl`)
}

/**
 * Signs that a stream stood at `seq` with `hash` and appends that to a file beside the keys, outside the
 * database. Durable when it returns; repeating it adds an equal line, which does no harm.
 */
export const appendSignedHead = (
  home: string,
  keys: SigningKeys,
  head: { readonly stream: string; readonly seq: number; readonly hash: string; readonly at: string },
): SignedHead => {
  const signed = signHead(head, keys.privateKey)
  const dir = makePrivateFolder(path.join(home, 'keys', 'heads'))
  const fd = openSync(getHeadsFile(home, head.stream), 'a', 0o600)
  try {
    appendFileSync(fd, `${JSON.stringify(signed)}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  syncFolder(dir)
  return signed
}

/**
 * The signed heads of a stream. A last line cut off by a crash is left out; any other line that does not
 * parse or was not signed by one of our keys throws INVALID_ARGUMENT.
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
  return lines.map((line, index) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      throw new RopewalkError('INVALID_ARGUMENT', `${file}:${index + 1} is not JSON.`, { cause: error })
    }
    const head = SignedHead.safeParse(value)
    if (!head.success || !keys.publicKeys.some((key) => isHeadAuthentic(head.data, key))) {
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `${file}:${index + 1} is not a head signed by one of the keys here.`,
      )
    }
    return head.data
  })
}
