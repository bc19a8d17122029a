import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { getKeyId } from '@ropewalk/core/dossier/keys'
import { GENESIS, LedgerEntry } from '@ropewalk/core/ledger/entry'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import { concludeRun } from '../../src/engine/dossier/collect-dossier.ts'
import { makeContentFiles } from '../../src/engine/dossier/make-files.ts'
import type { RunRecord } from '../../src/engine/dossier/run-record.ts'
import { signFiles } from '../../src/engine/dossier/sign-files.ts'
import { type DossierFile, writeFolder } from '../../src/engine/dossier/write-folder.ts'

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

const makeSources = (record: RunRecord) => ({
  readBlob: makeReadBlob(record),
  listChanged: (): readonly string[] => ['src/service.js'],
})

/** Every file of the dossier of a record but those that sign it. */
export const makeDossierFiles = (record: RunRecord): Promise<DossierFile[]> =>
  makeContentFiles(concludeRun(record), {
    ...makeSources(record),
    publicKey: 'a public key',
    keyId: '0'.repeat(64),
  })

/** The recording has other folders in its texts than the run had, so its entries are linked anew. */
const relink = (ledger: RunRecord['ledger']): KeptRow[] => {
  let prev = GENESIS
  return ledger.map((row) => {
    const body = canonicalText({ ...LedgerEntry.parse(JSON.parse(row.body)), prev })
    prev = sha256(body)
    return { ...row, body, hash: prev }
  })
}

/** A signed dossier in a folder. */
export const writeDossier = async (record: RunRecord, dir: string): Promise<void> => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const data = concludeRun({ ...record, ledger: relink(record.ledger) })
  const last = data.ledger.at(-1)
  if (last === undefined) throw new Error('a recorded run has a ledger')
  const content = await makeContentFiles(data, {
    ...makeSources(record),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyId: getKeyId(publicKey),
  })
  mkdirSync(path.dirname(dir), { recursive: true, mode: 0o700 })
  writeFolder(dir, signFiles(data, content, { privateKey }))
}

/** A copy of a value with each of its strings put through `change`, by the key that it stands under. */
export const mapStrings = (
  value: unknown,
  change: (text: string, key: string) => string,
  key = '',
): unknown => {
  if (typeof value === 'string') return change(value, key)
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, change, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapStrings(one, change, name)]))
}

/** Ids and targets of links of a page: everything in it that a browser would look up. */
export const readPage = (page: string) => ({
  ids: [...page.matchAll(/<[a-z][^>]* id="([^"]*)"/gu)].map(([, id]) => id ?? ''),
  links: [...page.matchAll(/<a\b[^>]* href="([^"]*)"/gu)].map(([, href]) => unescape(href ?? '')),
  pictures: [...page.matchAll(/<img\b[^>]* src="([^"]*)"/gu)].map(([, source]) => unescape(source ?? '')),
})

const unescape = (text: string): string =>
  text.replaceAll(/&#(\d+);/gu, (_all, code: string) => String.fromCodePoint(Number(code)))
