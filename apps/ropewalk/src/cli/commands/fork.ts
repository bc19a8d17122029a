import { randomUUID } from 'node:crypto'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import { readPlaybook } from '../../engine/playbook/read-playbook.ts'
import type { Config } from '../../config.ts'
import { connectToLive } from '../connect.ts'
import { getExpectedText } from '../estimate-text.ts'
import { sayInterrupted } from '../interrupted-runs.ts'
import { findOrigin, noteOrigin } from '../origins.ts'
import { getPlaybookLayers } from '../playbook-dir.ts'
import { readJsonFile } from '../read-json-file.ts'
import { resolveRunId } from '../run-ref.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { followToEnd, inForeground } from './run.ts'

export type ForkFlags = CommonFlags & {
  readonly from: string
  readonly edit?: readonly string[]
  readonly budget?: number
  readonly playbook?: string
  readonly detach?: boolean
}

/** `NAME=FILE` pairs as documents by name. */
const readEdits = (cwd: string, pairs: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), readJsonFile(cwd, pair.slice(at + 1))]
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `cannot take the edit ${pair}`,
        why: 'it names no document and no file',
        next: 'Write --edit NAME=FILE, such as --edit PRD=prd.json.',
      })
    }),
  )

const makeBody = (terminal: Terminal, config: Config, flags: ForkFlags) => ({
  phase: flags.from,
  edits: readEdits(terminal.cwd, flags.edit ?? []),
  ...(flags.budget === undefined ? {} : { budgetUsd: flags.budget }),
  ...(flags.playbook === undefined
    ? {}
    : { playbook: readPlaybook(getPlaybookLayers({ ...config, playbook: flags.playbook })).playbook }),
})

/** The repository that the other run was started from here is that of its fork, too. */
const keepOrigin = (home: string, source: string, runId: string): void => {
  const origin = findOrigin(home, source)
  if (origin !== undefined) noteOrigin(home, runId, origin)
}

const sayStarted = (terminal: Terminal, config: Config, run: RunDetail, from: string): void => {
  terminal.say(`run ${run.id}, from ${from} of ${run.forkOf ?? 'another'}`)
  terminal.say(`  expected ${getExpectedText(run.estimate)}`)
  if (config.given.has('models') && run.models.join() !== config.models.join())
    terminal.say(
      `  ! the running server works with ${run.models.join(', ')}; what you chose holds after its next start`,
    )
  terminal.say('')
}

/** Starts a new run from a phase of another, and follows it. */
export const fork = async (terminal: Terminal, reference: string, flags: ForkFlags): Promise<number> => {
  const config = await readSettings(terminal, flags)
  const body = makeBody(terminal, config, flags)
  const key = randomUUID()
  if (flags.detach === true) {
    const api = await connectToLive(config.home)
    const source = await resolveRunId(api, reference)
    const { runId } = await api.fork(source, body, key)
    keepOrigin(config.home, source, runId)
    terminal.out(flags.json === true ? JSON.stringify({ type: 'run', runId }) : runId)
    return EXIT.ok
  }
  return inForeground(terminal, config, async (session, interrupt) => {
    const source = await session.call((api) => resolveRunId(api, reference))
    await sayInterrupted(terminal, session)
    // Its key makes a second try after a lost answer the same fork.
    const { runId } = await session.call((api) => api.fork(source, body, key))
    keepOrigin(config.home, source, runId)
    if (flags.json === true) terminal.out(JSON.stringify({ type: 'run', runId }))
    else sayStarted(terminal, config, await session.call((api) => api.readRun(runId)), flags.from)
    return followToEnd({ terminal, session, interrupt, flags, home: config.home, isOld: false }, runId)
  })
}
