import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text as readText } from 'node:stream/consumers'
import type { EditPreview } from '@ropewalk/core/contract/api/edits'
import { hasCode } from '@ropewalk/core/errors'
import type { Api } from '../api.ts'
import { confirm } from '../ask.ts'
import { parseJson, readTextFile } from '../read-json-file.ts'
import { resolveRunId } from '../run-ref.ts'
import { canAsk, type CommonFlags } from '../settings.ts'
import { clean, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, tell } from '../trouble.ts'
import { withApi } from '../with-api.ts'
import { findArtifact } from './artifacts.ts'

export type EditFlags = CommonFlags & { readonly file?: string }

type OfEdit = { readonly runId: string; readonly name: string }

/** A checked document and what it would bring about. */
type Checked = { readonly content: unknown; readonly preview: EditPreview }

const openEditor = (terminal: Terminal, file: string): void => {
  const editor = terminal.env['VISUAL'] ?? terminal.env['EDITOR'] ?? 'vi'
  const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], {
    stdio: 'inherit',
  })
  if (error === undefined && status === 0) return
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `the editor ${editor} ended with ${status ?? error?.message ?? 'a signal'}`,
    why: 'so nothing was changed',
    next: 'Set EDITOR to an editor that is installed, or give the document with --file FILE.',
  })
}

const check = async (api: Api, { runId, name }: OfEdit, text: string, from: string): Promise<Checked> => {
  const content = parseJson(text, from)
  return { content, preview: await api.previewEdit(runId, { name, content }) }
}

/** The person's editor on a copy, again until what they wrote is valid; undefined when nothing was changed. */
const editByHand = async (terminal: Terminal, api: Api, of: OfEdit): Promise<Checked | undefined> => {
  const artifact = await findArtifact(api, of.runId, of.name, undefined)
  const old = (await api.readArtifactBytes(artifact.id)).toString('utf8')
  const dir = mkdtempSync(path.join(tmpdir(), 'ropewalk-edit-'))
  const file = path.join(dir, `${of.name}.json`)
  writeFileSync(file, old, { mode: 0o600 })
  for (;;) {
    openEditor(terminal, file)
    const text = readFileSync(file, 'utf8')
    if (text === old) {
      rmSync(dir, { recursive: true, force: true })
      return undefined
    }
    try {
      const checked = await check(api, of, text, `what you wrote of ${of.name}`)
      rmSync(dir, { recursive: true, force: true })
      return checked
    } catch (error) {
      if (!hasCode(error, 'INVALID_ARGUMENT')) throw error
      const { what, why } = tell(error)
      terminal.say(`${what}${why === undefined ? '' : `\n  why: ${why}`}`)
      if (await confirm(terminal, 'Open it again?')) continue
      terminal.say(`Nothing was changed; what you wrote is kept in ${file}`)
      return undefined
    }
  }
}

const readGiven = async (terminal: Terminal, api: Api, of: OfEdit, file: string | undefined) => {
  if (file !== undefined) {
    const text = file === '-' ? await readText(terminal.stdin) : readTextFile(terminal.cwd, file)
    return check(api, of, text, file === '-' ? 'standard input' : file)
  }
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'no document was given',
    why: 'without a terminal there is no editor to write it in',
    next: `./ropewalk artifacts edit ${of.runId} ${of.name} --file FILE (- for standard input)`,
  })
}

const WORK = {
  all: () => 'begins anew',
  some: (agents: readonly string[]) => `${agents.join(', ')} again, then its gate`,
  gate: () => 'its gate judges again',
} as const

/** What differs, and what is done again. */
export const layOutPreview = ({ name, version, diff, reopens }: EditPreview): string => {
  const changed =
    diff.lines.length === 0
      ? [`${name} reads as it did in version ${version}.`]
      : [
          `${name}, against version ${version}: ${diff.added} lines added, ${diff.removed} removed`,
          '',
          ...diff.lines,
        ]
  const cut = diff.cut === 0 ? [] : [`  (${diff.cut} more lines are not shown)`]
  const again =
    reopens.length === 0
      ? ['No phase has to be re-opened.']
      : ['Re-opened:', ...reopens.map(({ phase, work, agents }) => `  ${phase}: ${WORK[work](agents)}`)]
  return [...changed, ...cut, '', ...again].join('\n')
}

/** Re-opening undoes what was passed, so it is asked for unless that was said beforehand. */
const isWanted = async (terminal: Terminal, flags: EditFlags, { reopens }: EditPreview): Promise<boolean> => {
  if (flags.yes === true || reopens.length === 0) return true
  if (canAsk(terminal, flags)) return confirm(terminal, 'Put it in place?')
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: 'nobody is there to agree',
    why: `it would re-open ${reopens.map(({ phase }) => phase).join(', ')}; nothing was changed`,
    next: 'Add --yes to have it done.',
  })
}

/**
 * Puts another version of a document in place: from a file, standard input, or the person's editor. Before that it
 * is held to its contract, and what it re-opens is told.
 */
export const edit = (
  terminal: Terminal,
  of: { readonly reference: string; readonly name: string },
  flags: EditFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api, _config, isOwn) => {
    const target: OfEdit = { runId: await resolveRunId(api, of.reference), name: of.name }
    const isByHand = flags.file === undefined && canAsk(terminal, flags)
    const checked = isByHand
      ? await editByHand(terminal, api, target)
      : await readGiven(terminal, api, target, flags.file)
    if (checked === undefined) {
      terminal.say('Nothing was changed.')
      return EXIT.ok
    }
    const { content, preview } = checked
    terminal.say(clean(layOutPreview(preview)))
    if (!(await isWanted(terminal, flags, preview))) {
      terminal.say('Nothing was changed.')
      return EXIT.cancelled
    }
    const told = await api.editArtifact(target.runId, { name: of.name, content })
    if (flags.json === true) terminal.out(JSON.stringify({ ...told, reopens: preview.reopens }))
    else terminal.say(`The new version of ${of.name} is in place.`)
    if (isOwn && preview.reopens.length > 0)
      terminal.say(`No server is running; go on with: ./ropewalk runs resume ${target.runId}`)
    return EXIT.ok
  })
