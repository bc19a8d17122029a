import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { canonicalText } from '@ropewalk/core/canonical'
import { concludeRun, type DossierData } from '../../src/engine/dossier/collect-dossier.ts'
import { makeContentFiles } from '../../src/engine/dossier/make-files.ts'
import type { RunRecord } from '../../src/engine/dossier/run-record.ts'
import type { DossierFile } from '../../src/engine/dossier/write-folder.ts'

type Recorded = Omit<RunRecord, 'contents'> & { readonly contents: readonly [string, unknown][] }

/** A recorded run of the offline model, as `record-run.ts` wrote it. */
export const readRecord = (name = 'recipe-box'): RunRecord => {
  const file = path.join(import.meta.dirname, 'fixtures', `${name}.json.gz`)
  const { contents, ...rest } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Recorded
  return { ...rest, contents: new Map(contents) }
}

/** One pixel: pictures of the recording are left out. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Bytes for each digest that a record names: documents and reports as they were, the rest stands for itself. */
export const makeReadBlob = ({ artifacts, contents, reports }: RunRecord) => {
  const blobs = new Map<string, Buffer>()
  for (const { digest, id, mediaType } of artifacts)
    blobs.set(
      digest,
      contents.has(id)
        ? Buffer.from(JSON.stringify(contents.get(id), null, 2))
        : mediaType === 'image/png'
          ? PIXEL
          : Buffer.from(`bytes ${digest}`),
    )
  for (const { digest, report } of reports) blobs.set(digest, Buffer.from(canonicalText(report)))
  return (digest: string): Promise<Buffer> => Promise.resolve(blobs.get(digest) ?? Buffer.from('output\n'))
}

/** Every file of the dossier of a record but those that sign it. */
export const makeDossierFiles = (record: RunRecord): Promise<DossierFile[]> =>
  makeContentFiles(concludeRun(record), {
    readBlob: makeReadBlob(record),
    listChanged: (_base, commit) => (commit.startsWith('b') ? ['src/service.js'] : null),
    publicKey: 'a public key',
    keyId: '0'.repeat(64),
  })

export const concludeRecord = (record: RunRecord): DossierData => concludeRun(record)
