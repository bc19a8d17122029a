import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { KeyObject } from 'node:crypto'
import { parsePublicKey } from '@ropewalk/core/dossier/keys'
import { verifyDossier, type DossierReport } from '@ropewalk/core/dossier/verify'
import { openDossierFolder } from '../../engine/dossier/open-dossier-folder.ts'
import { listTrustedKeys } from '../home.ts'
import { VERDICT_WORDS } from '../result.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import { clip, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { exportDossier, findDossierDir } from './export.ts'
import type { Format } from './export-file.ts'

export type VerifyFlags = CommonFlags & { readonly key?: string }

export type DossierExportFlags = CommonFlags & {
  readonly to?: string
  readonly format?: Format
  readonly out?: string
}

/** A folder by its path, or the dossier of a run of this home. */
const findFolder = (terminal: Terminal, home: string, reference: string): string => {
  const asPath = path.resolve(terminal.cwd, reference)
  if (existsSync(asPath) && statSync(asPath).isDirectory()) return asPath
  if (!reference.includes('/')) return findDossierDir(home, reference)
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `there is no dossier at ${asPath}`,
    why: 'that is not a folder',
    next: 'Name a folder that holds index.json, or a run: ./ropewalk dossier verify last',
  })
}

const readKey = (terminal: Terminal, file: string): KeyObject => {
  try {
    return parsePublicKey(readFileSync(path.resolve(terminal.cwd, file)))
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `cannot use the key ${file}`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Name a file with an Ed25519 public key in PEM; ./ropewalk keys show prints that of a home.',
      cause,
    })
  }
}

const WORDS = {
  authentic: 'authentic: unchanged, and signed with a key that you trust',
  'self-consistent': 'self-consistent: unchanged since somebody signed it with the key inside',
  broken: 'BROKEN: this is not what was signed',
} as const

const print = (terminal: Terminal, dir: string, report: DossierReport, isByKey: boolean): void => {
  terminal.out(`${dir}\n  ${WORDS[report.standing]}`)
  for (const { path: file, what } of report.faults) terminal.out(`  ${file} ${what}`)
  const { statement } = report
  if (statement !== null && report.standing !== 'broken') {
    const { verdict, simulated, title, finishedAt } = statement.predicate
    terminal.out(
      `  says: ${VERDICT_WORDS[verdict]}${simulated ? ' (simulated)' : ''}, ${clip(title, 80)}, ${finishedAt}`,
    )
    terminal.out(`  ${report.files} files, key ${report.keyId ?? 'none'}`)
  }
  if (report.standing === 'self-consistent' && !isByKey)
    terminal.say('  next: get the signer’s key from the signer and add --key FILE to know who signed it')
}

/** Verifies a dossier from its files alone: no database, no network, no server. */
export const verify = async (terminal: Terminal, reference: string, flags: VerifyFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const dir = findFolder(terminal, home, reference)
  // A key that was named is the only one that counts: the caller says whom they trust.
  const trusted = flags.key === undefined ? listTrustedKeys(home) : [readKey(terminal, flags.key)]
  const report = verifyDossier(openDossierFolder(dir), trusted)
  const isOther = flags.key !== undefined && report.standing === 'self-consistent'
  if (flags.json === true)
    terminal.out(JSON.stringify({ dossier: dir, ...report, ok: report.standing !== 'broken' && !isOther }))
  else print(terminal, dir, report, flags.key !== undefined)
  if (isOther && flags.json !== true) terminal.say('  It was not signed with the key that you named.')
  return report.standing === 'broken' || isOther ? EXIT.failure : EXIT.ok
}

/** `dossier export`: the signed folder with `--to`, or one file with `--format` and `--out`. */
export const exportAny = async (
  terminal: Terminal,
  reference: string,
  flags: DossierExportFlags,
): Promise<number> => {
  const { to, format, out, ...common } = flags
  if (to !== undefined && format === undefined && out === undefined)
    return exportDossier(terminal, reference, { ...common, to })
  if (to === undefined && format !== undefined && out !== undefined) {
    // Loaded only here: it brings every page and the look of them.
    const { exportFile } = await import('./export-file.ts')
    return exportFile(terminal, reference, { ...common, format, out })
  }
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'say what to export',
    why: 'it is either the folder, with --to, or one file, with --format and --out',
    next: 'For example: ./ropewalk dossier export last --format html --out dossier.html',
  })
}
