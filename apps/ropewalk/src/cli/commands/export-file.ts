import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { MANIFEST_FILE } from '@ropewalk/core/dossier/index-file'
import { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { type DossierFolder, verifyDossier } from '@ropewalk/core/dossier/verify'
import { findBrowser } from '@ropewalk/guards/service/find-browser'
import { openDossierFolder } from '../../engine/dossier/open-dossier-folder.ts'
import { renderOneFile, writeOneMarkdown } from '../../engine/dossier/page/one-file.ts'
import { listTrustedKeys } from '../home.ts'
import { printPdf } from '../print-pdf.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { findDossierDir } from './export.ts'

export type Format = 'json' | 'html' | 'pdf' | 'md'

export type ExportFileFlags = CommonFlags & { readonly format: Format; readonly out: string }

const invalid = (what: string, why: string, next: string, cause?: unknown) =>
  makeTrouble({ code: 'INVALID_ARGUMENT', what, why, next, cause })

/** What the folder says, once its signature and every digest have been found to fit. */
const readManifest = (dir: string, folder: DossierFolder, home: string): DossierManifest => {
  const { standing, faults } = verifyDossier(folder, listTrustedKeys(home))
  if (standing === 'broken') {
    const [fault] = faults
    throw makeTrouble({
      code: 'CONFLICT',
      what: 'this dossier was changed after it had been signed',
      why: `${fault?.path ?? dir} ${fault?.what ?? 'is not what was signed'}`,
      next: `Run ./ropewalk dossier verify ${dir} to see everything that was changed; a copy of what is broken would look whole.`,
    })
  }
  const parsed = DossierManifest.safeParse(JSON.parse(folder.read(MANIFEST_FILE).toString('utf8')))
  if (parsed.success) return parsed.data
  throw invalid(
    `cannot read ${path.join(dir, MANIFEST_FILE)}`,
    `another version of Ropewalk wrote it: ${parsed.error.issues[0]?.message ?? 'it has another form'}`,
    'Export with the version that made it, or copy the whole folder with --to.',
    parsed.error,
  )
}

const print = (page: string): Promise<Buffer> => {
  const browser = findBrowser()
  if (browser !== undefined) return printPdf(browser, page)
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: 'a PDF needs Chromium',
    why: 'there is none on this machine',
    next: 'Install the package chromium (or Google Chrome), or export --format html and print that from any browser.',
  })
}

const makeBytes = async (
  manifest: DossierManifest,
  folder: DossierFolder,
  format: Format,
): Promise<Buffer> => {
  switch (format) {
    case 'json':
      return folder.read(MANIFEST_FILE)
    case 'md':
      return Buffer.from(writeOneMarkdown(manifest, folder.read))
    case 'html':
      return Buffer.from(renderOneFile(manifest, folder.read))
    case 'pdf':
      return print(renderOneFile(manifest, folder.read))
  }
}

/**
 * `dossier export --format`: the dossier as one file. The folder is verified first, and the file is there
 * whole or not at all. Never goes over a file that is there.
 */
export const exportFile = async (
  terminal: Terminal,
  reference: string,
  flags: ExportFileFlags,
): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const dir = findDossierDir(home, reference)
  const target = path.resolve(terminal.cwd, flags.out)
  if (existsSync(target))
    throw invalid(`${target} is there already`, 'nothing there is to be overwritten', 'Name another file.')
  const folder = openDossierFolder(dir)
  const manifest = readManifest(dir, folder, home)
  const bytes = await makeBytes(manifest, folder, flags.format)
  mkdirSync(path.dirname(target), { recursive: true })
  const temporary = `${target}.${process.pid}.new`
  writeFileSync(temporary, bytes, { flag: 'wx' })
  renameSync(temporary, target)
  if (flags.json === true)
    terminal.out(JSON.stringify({ file: target, format: flags.format, bytes: bytes.length }))
  else terminal.out(target)
  terminal.say('One file carries no signature; the folder does: ./ropewalk dossier export RUN --to DIR')
  return EXIT.ok
}
