import { createPublicKey, sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto'
import { canonicalText, sha256 } from '../canonical.ts'
import { RopewalkError } from '../errors.ts'
import type { SignedHead } from '../ledger/entry.ts'

/** The id of an Ed25519 key: SHA-256 of its public half in DER (SPKI). */
export const getKeyId = (key: KeyObject): string => {
  // Node makes a public key of a private one only.
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return sha256(publicKey.export({ type: 'spki', format: 'der' }))
}

/**
 * Bytes of strictly standard base64: right alphabet, right padding, no spare bits, nothing else.
 * Undefined for anything else, so that two texts never mean the same bytes.
 */
export const parseBase64 = (value: string): Buffer | undefined => {
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : undefined
}

/** An Ed25519 public key from PEM. Throws INVALID_ARGUMENT for any other kind of key. */
export const parsePublicKey = (pem: string | Buffer): KeyObject => {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected an Ed25519 public key in PEM form.', {
      cause: error,
    })
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected an Ed25519 key, got ${key.asymmetricKeyType ?? 'another kind'}.`,
    )
  }
  return key
}

const headBytes = (head: Omit<SignedHead, 'signature'>): Buffer =>
  Buffer.from(`ropewalk ledger head v1\n${canonicalText(head)}`)

/** Signs that a stream stood at `seq` with `hash`. */
export const signHead = (
  head: Omit<SignedHead, 'signature' | 'keyId'>,
  privateKey: KeyObject,
): SignedHead => {
  const unsigned = { ...head, keyId: getKeyId(privateKey) }
  return { ...unsigned, signature: signBytes(null, headBytes(unsigned), privateKey).toString('base64') }
}

/** Whether a signed head was signed by this key. */
export const isHeadAuthentic = ({ signature, ...head }: SignedHead, publicKey: KeyObject): boolean => {
  const bytes = parseBase64(signature)
  return (
    bytes !== undefined &&
    head.keyId === getKeyId(publicKey) &&
    verifyBytes(null, headBytes(head), publicKey, bytes)
  )
}
