import { sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { canonicalText } from '../canonical.ts'
import { Digest, text } from '../text.ts'
import { getKeyId, parseBase64 } from './keys.ts'

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PREDICATE_TYPE = 'https://ropewalk.dev/dossier/v1'

/** A DSSE envelope as specified by secure-systems-lab/dsse, with exactly one signature. */
export const Envelope = z.strictObject({
  payload: z.string().min(1),
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.tuple([z.strictObject({ keyid: Digest, sig: z.string().min(1) })]),
})
export type Envelope = z.infer<typeof Envelope>

const Predicate = z.strictObject({
  runId: text(60, 1),
  title: text(160, 1),
  verdict: z.enum(['verified', 'gaps', 'unverified']),
  simulated: z.boolean(),
  finishedAt: text(40, 1),
  ledger: z.strictObject({ stream: text(120, 1), seq: z.int().min(1), hash: Digest }),
})

/** The in-toto statement: its one subject is `index.json`, which names every other file by digest. */
export const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([
    z.strictObject({ name: z.literal('index.json'), digest: z.strictObject({ sha256: Digest }) }),
  ]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: Predicate,
})
export type Statement = z.infer<typeof Statement>

/** DSSE's pre-authentication encoding: what is signed. */
const getSignedBytes = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload])

/** The canonical text of the envelope over a statement, signed with an Ed25519 key. */
export const makeEnvelope = (statement: Statement, privateKey: KeyObject): string => {
  const payload = Buffer.from(canonicalText(statement))
  const envelope: Envelope = {
    payload: payload.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [
      {
        keyid: getKeyId(privateKey),
        sig: signBytes(null, getSignedBytes(payload), privateKey).toString('base64'),
      },
    ],
  }
  return canonicalText(envelope)
}

/** The JSON value of a text that is exactly its own canonical form and meets the contract. */
export const parseCanonical = <T extends z.ZodType>(source: string, contract: T): z.infer<T> | undefined => {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    return undefined
  }
  const parsed = contract.safeParse(value)
  return parsed.success && canonicalText(value) === source ? parsed.data : undefined
}

export type OpenedEnvelope =
  { readonly statement: Statement; readonly keyId: string } | { readonly fault: string }

/** Opens an envelope with one public key, or says what is wrong with it. */
export const openEnvelope = (bytes: Buffer, publicKey: KeyObject): OpenedEnvelope => {
  const envelope = parseCanonical(bytes.toString('utf8'), Envelope)
  if (envelope === undefined || !Buffer.from(canonicalText(envelope)).equals(bytes)) {
    return { fault: 'is not a DSSE envelope in canonical form' }
  }
  const payload = parseBase64(envelope.payload)
  const [signature] = envelope.signatures
  const sig = parseBase64(signature.sig)
  if (payload === undefined || sig === undefined) return { fault: 'holds base64 that is not strict' }
  if (signature.keyid !== getKeyId(publicKey)) return { fault: 'was signed by another key' }
  if (!verifyBytes(null, getSignedBytes(payload), publicKey, sig))
    return { fault: 'has a signature that does not fit' }
  const statement = parseCanonical(payload.toString('utf8'), Statement)
  return statement === undefined
    ? { fault: 'holds a statement that is not in canonical form' }
    : { statement, keyId: signature.keyid }
}
