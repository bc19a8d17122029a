import { z } from 'zod'
import { Count, Digest, text } from '../text.ts'

/** Names inside a dossier folder that the index does not list: itself and what signs it. */
export const INDEX_FILE = 'index.json'
export const ENVELOPE_FILE = 'statement.dsse.json'
export const PUBLIC_KEY_FILE = 'public-key.pem'
export const MANIFEST_FILE = 'dossier.json'
export const LEDGER_FILE = 'ledger.jsonl'

/** A relative path with forward slashes, no empty, `.` or `..` part. */
export const DossierPath = z
  .string()
  .max(300)
  .regex(
    /^(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/u,
    'expected a plain relative path',
  )

/** `index.json`: every file of the dossier by digest, ordered by path, in canonical form. */
export const DossierIndex = z.strictObject({
  version: z.literal(1),
  files: z
    .array(
      z.strictObject({
        path: DossierPath,
        sha256: Digest,
        bytes: Count,
        mediaType: text(120, 1),
        about: text(300, 1),
      }),
    )
    .min(1),
})
export type DossierIndex = z.infer<typeof DossierIndex>
