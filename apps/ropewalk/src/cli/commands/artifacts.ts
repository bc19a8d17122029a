import type { Artifact } from '@ropewalk/core/contract/artifact'
import { listAll, type Api } from '../api.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
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

/** The version that is meant, the newest where none is named. Throws NOT_FOUND. */
export const findArtifact = async (
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
