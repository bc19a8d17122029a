import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { makeEnvelope, PREDICATE_TYPE, STATEMENT_TYPE } from '@ropewalk/core/dossier/envelope'
import { ENVELOPE_FILE, INDEX_FILE, type DossierIndex } from '@ropewalk/core/dossier/index-file'
import type { SigningKeys } from '../../store/keys/signing-keys.ts'
import type { DossierData } from './collect-dossier.ts'
import type { DossierFile } from './write-folder.ts'

const makeIndex = (content: readonly DossierFile[]): Buffer => {
  const index: DossierIndex = {
    version: 1,
    files: content
      .map((file) => ({
        path: file.path,
        sha256: sha256(file.bytes),
        bytes: file.bytes.length,
        mediaType: file.mediaType,
        about: file.about,
      }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
  return Buffer.from(canonicalText(index))
}

const signIndex = (data: DossierData, keys: Pick<SigningKeys, 'privateKey'>, index: Buffer): string => {
  const { run } = data.view
  const last = data.ledger.at(-1)
  return makeEnvelope(
    {
      _type: STATEMENT_TYPE,
      subject: [{ name: INDEX_FILE, digest: { sha256: sha256(index) } }],
      predicateType: PREDICATE_TYPE,
      predicate: {
        runId: run.id,
        title: run.title,
        verdict: data.judgement.verdict,
        simulated: run.simulated,
        finishedAt: last?.at ?? run.createdAt,
        ledger: { stream: run.id, seq: last?.seq ?? 1, hash: last?.hash ?? '' },
      },
    },
    keys.privateKey,
  )
}

/** The files of a dossier with what signs them: `index.json` and its envelope come last. */
export const signFiles = (
  data: DossierData,
  content: readonly DossierFile[],
  keys: Pick<SigningKeys, 'privateKey'>,
): DossierFile[] => {
  const index = makeIndex(content)
  const bytes = Buffer.from(signIndex(data, keys, index))
  return [
    ...content,
    { path: INDEX_FILE, bytes: index, mediaType: 'application/json', about: 'every file by digest' },
    { path: ENVELOPE_FILE, bytes, mediaType: 'application/json', about: 'the signed statement' },
  ]
}
