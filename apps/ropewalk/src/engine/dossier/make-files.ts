import type { DocumentPage, DossierManifest } from '@ropewalk/core/dossier/manifest'
import { LEDGER_FILE, MANIFEST_FILE, PUBLIC_KEY_FILE } from '@ropewalk/core/dossier/index-file'
import type { DossierData } from './collect-dossier.ts'
import type { ListChangedFiles } from './manifest/gates.ts'
import { makeDocuments, makeManifest } from './manifest/make-manifest.ts'
import { DOSSIER_PAGE, getArtifactPath, getEvidencePath, getOutputPath } from './paths.ts'
import { type DocumentSource, renderDocumentPage, writeDocumentMarkdown } from './page/document-page.ts'
import { renderDossier } from './page/dossier-page.ts'
import type { DossierFile } from './write-folder.ts'

/** What the files of a dossier are made from, beside the run itself. */
export type FileSources = {
  readonly readBlob: (digest: string) => Promise<Buffer>
  readonly listChanged: ListChangedFiles
  /** PEM of the key that will sign. */
  readonly publicKey: string
  readonly keyId: string
}

/** The index holds at most this much about a file. */
const MAX_ABOUT = 300
const clip = (text: string): string =>
  text.length <= MAX_ABOUT ? text : `${text.slice(0, MAX_ABOUT - 1).toWellFormed()}…`

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

/** A report keeps digests of its outputs, not their types; JSON is what tools mostly write. */
const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

const readArtifactFiles = async (data: DossierData, { readBlob }: FileSources): Promise<DossierFile[]> => {
  const files: DossierFile[] = []
  for (const artifact of data.artifacts) {
    const { name, version, lineage, simulated, mediaType, digest } = artifact
    files.push({
      path: getArtifactPath(artifact),
      bytes: await readBlob(digest),
      mediaType,
      about: clip(`${name}, version ${version}, by ${lineage.maker.name}${simulated ? ' (simulated)' : ''}`),
    })
  }
  return files
}

type EvidenceFiles = { readonly files: DossierFile[]; readonly extensions: Map<string, string> }

const readEvidenceFiles = async (data: DossierData, { readBlob }: FileSources): Promise<EvidenceFiles> => {
  const files = new Map<string, DossierFile>()
  const extensions = new Map<string, string>()
  for (const kept of data.reports) {
    const { phase, report } = kept
    const path = getEvidencePath(kept)
    files.set(path, {
      path,
      bytes: await readBlob(kept.digest),
      mediaType: 'application/json',
      about: clip(`report of ${report.guard} over ${report.artifacts.join(', ')}: ${report.outcome}`),
    })
    for (const digest of report.outputDigests) {
      const bytes = await readBlob(digest)
      const extension = isJson(bytes) ? 'json' : 'bin'
      const at = getOutputPath(kept, digest, extension)
      extensions.set(digest, extension)
      files.set(at, {
        path: at,
        bytes,
        mediaType: extension === 'json' ? 'application/json' : 'application/octet-stream',
        about: `output of ${report.guard} in ${phase}`,
      })
    }
  }
  return { files: [...files.values()], extensions }
}

/** The version of a document that lies under a path of `artifacts/`. */
const getContent = (data: DossierData, path: string): unknown => {
  const artifact = data.artifacts.find((one) => getArtifactPath(one) === path)
  return artifact === undefined ? undefined : data.contents.get(artifact.id)
}

/** Every version of a document as a page; the newest of its phase as Markdown too. */
const listDocumentSources = (data: DossierData, documents: readonly DocumentPage[]) =>
  documents.flatMap((document): { readonly at: string; readonly source: DocumentSource }[] => [
    {
      at: document.html,
      source: { document, version: document.version, content: getContent(data, document.json) },
    },
    ...document.older.map((older) => ({
      at: older.html,
      source: { document, version: older.version, content: getContent(data, older.json) },
    })),
  ])

const listDocumentFiles = (documents: readonly DocumentPage[]): DossierManifest['files'] =>
  documents.flatMap(({ name, version, html, markdown, older }) => [
    { path: html, about: `${name}, version ${version}, to read` },
    { path: markdown, about: `${name}, version ${version}, as Markdown` },
    ...older.map((one) => ({ path: one.html, about: `${name}, older version ${one.version}, to read` })),
  ])

/**
 * Every file of a dossier but those that sign it. The same run gives the same bytes, whatever the machine
 * can or cannot do.
 */
export const makeContentFiles = async (data: DossierData, sources: FileSources): Promise<DossierFile[]> => {
  const evidence = await readEvidenceFiles(data, sources)
  const content: DossierFile[] = [
    ...(await readArtifactFiles(data, sources)),
    ...evidence.files,
    {
      path: LEDGER_FILE,
      bytes: Buffer.from(data.ledger.map((row) => `${row.body}\n`).join('')),
      mediaType: 'application/x-ndjson',
      about: 'the ledger of the run, one canonical entry a line',
    },
    {
      path: PUBLIC_KEY_FILE,
      bytes: Buffer.from(sources.publicKey),
      mediaType: 'application/x-pem-file',
      about: `public key ${sources.keyId}`,
    },
  ]
  const documents = makeDocuments(data)
  const about = 'everything the page says, as data'
  const listed = [
    ...content.map(({ path, about: what }) => ({ path, about: what })),
    ...listDocumentFiles(documents),
    { path: MANIFEST_FILE, about },
    { path: DOSSIER_PAGE, about: 'the page to read first' },
  ]
  const { extensions } = evidence
  const manifest = makeManifest(data, { extensions, listChanged: sources.listChanged, files: listed })
  const text = (path: string, mediaType: string, value: string): DossierFile => ({
    path,
    bytes: Buffer.from(value),
    mediaType,
    about: clip(listed.find((one) => one.path === path)?.about ?? path),
  })
  const pages = listDocumentSources(data, documents).flatMap(({ at, source }) => [
    text(at, 'text/html', renderDocumentPage(manifest, source, at)),
    ...(at === source.document.html
      ? [text(source.document.markdown, 'text/markdown', writeDocumentMarkdown(manifest, source))]
      : []),
  ])
  return [
    ...content,
    ...pages,
    { path: MANIFEST_FILE, bytes: json(manifest), mediaType: 'application/json', about },
    text(DOSSIER_PAGE, 'text/html', renderDossier(manifest)),
  ]
}
