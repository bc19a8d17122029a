import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text as readText } from 'node:stream/consumers'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import { listAll, type Api } from '../api.ts'
import { resolveRunId } from '../run-ref.ts'
import { canAsk, type CommonFlags } from '../settings.ts'
import { clean, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const readArtifacts = (api: Api, runId: string): Promise<Artifact[]> =>
  Array.fromAsync(listAll((cursor) => api.listArtifacts(runId, { limit: 200, cursor })))

/** All artifacts of a run, every version, oldest first. */
export const list = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const items = await readArtifacts(api, await resolveRunId(api, reference))
    if (flags.json === true) terminal.out(JSON.stringify({ items }))
    else {
      const rows = items.map(({ name, version, phase, bytes, simulated, lineage, digest }) => [
        name,
        `v${version}`,
        phase,
        `${bytes} bytes`,
        `${lineage.maker.name}${simulated ? ' (simulated)' : ''}`,
        digest.slice(0, 12),
      ])
      terminal.out(makeTable([['NAME', '', 'PHASE', 'SIZE', 'BY', 'SHA-256'], ...rows]))
    }
    return EXIT.ok
  })

export type ArtifactFlags = CommonFlags & { readonly version?: number; readonly lineage?: boolean }

const findArtifact = async (
  api: Api,
  runId: string,
  name: string,
  version: number | undefined,
): Promise<Artifact> => {
  const items = await readArtifacts(api, runId)
  const found = items.findLast(
    (each) => each.name === name && (version === undefined || each.version === version),
  )
  if (found !== undefined) return found
  const names = [...new Set(items.map((each) => each.name))]
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `the run has no ${name}${version === undefined ? '' : ` of version ${version}`}`,
    why: names.length === 0 ? 'it has made nothing yet' : `it has ${names.join(', ')}`,
    next: `./ropewalk artifacts list ${runId}`,
  })
}

/** The bytes of an artifact as they are; with `--json` what is known of it. */
export const show = (
  terminal: Terminal,
  of: { readonly reference: string; readonly name: string },
  flags: ArtifactFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const artifact = await findArtifact(api, await resolveRunId(api, of.reference), of.name, flags.version)
    if (flags.json === true) {
      terminal.out(JSON.stringify(artifact))
      return EXIT.ok
    }
    const bytes = await api.readArtifactBytes(artifact.id)
    const isText = /^(text\/|application\/json)/u.test(artifact.mediaType)
    if (terminal.stdout.isTTY === true && !isText) {
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `${of.name} is ${artifact.mediaType}, which is not for a terminal`,
        why: `it has ${bytes.length} bytes of data`,
        next: `./ropewalk artifacts show ${of.reference} ${of.name} > FILE`,
      })
    }
    // Agents wrote it: at a terminal it must not move the cursor or the clipboard.
    terminal.stdout.write(terminal.stdout.isTTY === true ? clean(bytes.toString('utf8')) : bytes)
    return EXIT.ok
  })

export type EditFlags = CommonFlags & { readonly file?: string }

/** The person's editor on a copy; undefined when nothing was changed. */
const editByHand = (terminal: Terminal, name: string, old: string): string | undefined => {
  const editor = terminal.env['VISUAL'] ?? terminal.env['EDITOR'] ?? 'vi'
  const dir = mkdtempSync(path.join(tmpdir(), 'ropewalk-edit-'))
  const file = path.join(dir, `${name}.json`)
  try {
    writeFileSync(file, old, { mode: 0o600 })
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], {
      stdio: 'inherit',
    })
    if (error !== undefined || status !== 0) {
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `the editor ${editor} ended with ${status ?? error?.message ?? 'a signal'}`,
        why: 'so nothing was changed',
        next: 'Set EDITOR to an editor that is installed, or give the document with --file FILE.',
      })
    }
    const text = readFileSync(file, 'utf8')
    return text === old ? undefined : text
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const parseDocument = (source: string, from: string): unknown => {
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `${from} is not JSON`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Documents are JSON; ./ropewalk artifacts show RUN NAME gives the present one to start from.',
      cause,
    })
  }
}

const readSource = (terminal: Terminal, file: string): string => {
  try {
    return readFileSync(path.resolve(terminal.cwd, file), 'utf8')
  } catch (cause) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `cannot read ${file}`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Name a readable file, or - for standard input.',
      cause,
    })
  }
}

/** Puts another version of a document in place: from a file, standard input, or the person's editor. */
export const edit = (
  terminal: Terminal,
  of: { readonly reference: string; readonly name: string },
  flags: EditFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api, _config, isOwn) => {
    const runId = await resolveRunId(api, of.reference)
    let source: string | undefined
    if (flags.file !== undefined && flags.file !== '-') source = readSource(terminal, flags.file)
    else if (flags.file === '-' || !canAsk(terminal, flags)) source = await readText(terminal.stdin)
    else {
      const artifact = await findArtifact(api, runId, of.name, undefined)
      source = editByHand(terminal, of.name, (await api.readArtifactBytes(artifact.id)).toString('utf8'))
    }
    if (source === undefined) {
      terminal.say('Nothing was changed.')
      return EXIT.ok
    }
    const told = await api.editArtifact(runId, {
      name: of.name,
      content: parseDocument(source, flags.file ?? 'the document'),
    })
    if (flags.json === true) terminal.out(JSON.stringify(told))
    else
      terminal.say(
        `A new version of ${of.name} is in place; gates that relied on the old one are judged again.`,
      )
    if (isOwn) terminal.say(`No server is running; go on with: ./ropewalk runs resume ${runId}`)
    return EXIT.ok
  })
