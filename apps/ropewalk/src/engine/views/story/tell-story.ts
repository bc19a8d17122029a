import type { StoryLine } from '@ropewalk/core/contract/api/story'
import { getElapsedMs } from '@ropewalk/core/decision'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { RunEvent } from '@ropewalk/core/run/events'
import type { Engine, EventView } from '../../contract.ts'
import { upgradeEvent } from '../../upgrade-event.ts'
import { makeStoryState, type Moment, type StoryState, type Told } from './story-state.ts'
import { decisionTellers, moneyTellers } from './tell-decisions.ts'
import { phaseTellers } from './tell-phase.ts'
import { dossierTellers, runTellers } from './tell-run.ts'
import { workTellers } from './tell-work.ts'

const TELLERS = {
  ...runTellers,
  ...dossierTellers,
  ...phaseTellers,
  ...workTellers,
  ...decisionTellers,
  ...moneyTellers,
}

const tell = (state: StoryState, event: RunEvent, moment: Moment): Told | undefined => {
  // Every type has a teller of its own data (the table above has to be whole), which a union cannot show.
  const teller = TELLERS[event.type] as (state: StoryState, data: unknown, moment: Moment) => Told | undefined
  return teller(state, event.data, moment)
}

/** Tells events of one run one after another, from the first on. The same events give the same lines. */
export const makeNarrator = (): ((view: EventView) => StoryLine | undefined) => {
  const state = makeStoryState()
  return ({ type, v, data, at, by, position }) => {
    const told = tell(state, upgradeEvent({ type, v, data }), { at, by })
    if (told === undefined) return undefined
    const { kind, phase, text, details = [] } = told
    const sinceMs = getElapsedMs(state.plannedAt ?? at, at)
    return { position, at, sinceMs, kind, phase, text, details: details.filter((line) => line !== '') }
  }
}

/** Events read at once: a story of any length needs the memory of one page. */
const PAGE = 500

const checkPhase = async (
  engine: Pick<Engine, 'readRun'>,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
  from: string | undefined,
): Promise<number> => {
  const { run, phases } = await engine.readRun(of.workspaceId, of.runId)
  if (from !== undefined && !phases.some(({ phase }) => phase === from)) {
    const names = phases.map(({ phase }) => phase).join(', ')
    throw new RopewalkError('INVALID_ARGUMENT', `The run has no phase ${from}; it has ${names}.`)
  }
  return run.version
}

/**
 * The story of a run, from its ledger alone, up to where it stood when this was asked; from the beginning of
 * `from` on where that is given. Throws NOT_FOUND and INVALID_ARGUMENT before the first line.
 */
export const tellStory = async (
  engine: Pick<Engine, 'readRun' | 'listEvents'>,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId; readonly from?: string | undefined },
): Promise<AsyncGenerator<StoryLine>> => {
  const version = await checkPhase(engine, of, of.from)
  return readLines(engine, of, version)
}

async function* readLines(
  engine: Pick<Engine, 'listEvents'>,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId; readonly from?: string | undefined },
  version: number,
): AsyncGenerator<StoryLine> {
  const narrate = makeNarrator()
  let hasBegun = of.from === undefined
  for (let after = 0; ;) {
    const events = await engine.listEvents(of.workspaceId, { after, limit: PAGE, stream: of.runId })
    for (const event of events) {
      if (event.seq > version) return
      const line = narrate(event)
      if (line === undefined) continue
      hasBegun ||= line.phase === of.from
      if (hasBegun) yield line
    }
    const last = events.at(-1)
    if (last === undefined || events.length < PAGE) return
    after = last.position
  }
}
