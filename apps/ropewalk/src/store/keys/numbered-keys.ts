import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { makePrivateFolder, writeNewFile } from './home-folder.ts'

/** What the private keys of one home are for; their files are `KIND-NNNN.pem`. */
export type KeyKind = 'signing' | 'token'

/** The keys of one kind, oldest first; the newest signs. */
export type NumberedKeys = { readonly newest: KeyObject; readonly all: readonly KeyObject[] }

/** Oldest first. */
const listKeyFiles = (dir: string, kind: KeyKind): string[] =>
  readdirSync(dir)
    .filter((name) => name.startsWith(kind) && /^-\d{4}\.pem$/u.test(name.slice(kind.length)))
    .toSorted()

const makeKeyFile = (dir: string, kind: KeyKind, number: number): void => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeNewFile(path.join(dir, `${kind}-${String(number).padStart(4, '0')}.pem`), pem)
}

const readKeys = (dir: string, kind: KeyKind): NumberedKeys => {
  const keys = listKeyFiles(dir, kind).map((name) => createPrivateKey(readFileSync(path.join(dir, name))))
  const newest = keys.at(-1)
  if (newest === undefined) throw new RopewalkError('INVARIANT_BROKEN', `There is no ${kind} key in ${dir}.`)
  return { newest, all: keys }
}

/**
 * The Ed25519 keys of one kind in `<home>/keys`, the first of them made on first use (0600, durable).
 * Two processes that start at once end with the same key.
 */
export const openNumberedKeys = (home: string, kind: KeyKind): NumberedKeys => {
  makePrivateFolder(home)
  const dir = makePrivateFolder(path.join(home, 'keys'))
  if (listKeyFiles(dir, kind).length === 0) makeKeyFile(dir, kind, 1)
  return readKeys(dir, kind)
}

/** Adds a new key, which is the newest from now on. */
export const addNumberedKey = (home: string, kind: KeyKind): NumberedKeys => {
  const dir = makePrivateFolder(path.join(home, 'keys'))
  const last = listKeyFiles(dir, kind).at(-1)
  makeKeyFile(dir, kind, last === undefined ? 1 : Number(/-(\d{4})\.pem$/u.exec(last)?.[1]) + 1)
  return readKeys(dir, kind)
}
