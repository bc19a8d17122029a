import { setTimeout as sleep } from 'node:timers/promises'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import { openSigningKeys, readSignedHeads } from '../store/keys/signing-keys.ts'
import type { Session } from './session.ts'

/** What follows the end of a run takes tenths of a second; what is not done by then, the next house does. */
const PATIENCE_MS = 4000
const LOOK_MS = 100

/**
 * Waits, within limits, for what follows the end of a run where this process is the one to do it: the money that
 * goes back, and the signature under its history, without which a tail cut off would not show.
 */
export const settleRun = async (session: Session, home: string, ended: RunDetail): Promise<void> => {
  if (!session.isOwn()) return
  const keys = openSigningKeys(home)
  let run = ended
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const signed = Math.max(0, ...readSignedHeads(home, keys, run.id).map(({ seq }) => seq))
    const isGivenBack = run.closed || run.status === 'failed' || run.status === 'paused'
    if (isGivenBack && signed >= ended.version) return
    await sleep(LOOK_MS)
    run = await session.call((api) => api.readRun(ended.id))
  }
}
