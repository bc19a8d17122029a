import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { makeTrouble } from './trouble.ts'

/** A dossier of hundreds of pages takes a slow machine this long; Chromium that hangs is stopped. */
const PRINT_TIMEOUT_MS = 120_000

const getFlags = (folder: string, pdf: string): string[] => [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // The page loads nothing; should a text of it ever slip through, it reaches nobody either.
  '--host-resolver-rules=MAP * ~NOTFOUND',
  `--user-data-dir=${path.join(folder, 'profile')}`,
  '--no-pdf-header-footer',
  '--generate-pdf-document-outline',
  `--print-to-pdf=${pdf}`,
  // Root has no sandbox in Chromium; the page is ours, without scripts.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

const noPdf = (why: string, cause?: unknown) =>
  makeTrouble({
    code: 'INTERNAL',
    what: 'the PDF could not be printed',
    why,
    next: 'Export --format html instead, and print that from a browser.',
    cause,
  })

/**
 * Prints a page of HTML that needs nothing beside it. `browser` is the program of a Chromium.
 * Throws INTERNAL where Chromium does not do it.
 */
export const printPdf = async (browser: string, page: string): Promise<Buffer> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-pdf-'))
  const [source, pdf] = [path.join(folder, 'dossier.html'), path.join(folder, 'dossier.pdf')]
  try {
    writeFileSync(source, page, { mode: 0o600 })
    const env = { HOME: folder, TMPDIR: folder, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }
    const args = [...getFlags(folder, pdf), pathToFileURL(source).href]
    await promisify(execFile)(browser, args, { env, timeout: PRINT_TIMEOUT_MS, killSignal: 'SIGKILL' })
    if (!existsSync(pdf)) throw noPdf('Chromium ended without making one')
    return readFileSync(pdf)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'INTERNAL') throw cause
    throw noPdf(cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : String(cause), cause)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
