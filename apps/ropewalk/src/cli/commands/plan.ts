import { readPlaybook } from '../../engine/playbook/read-playbook.ts'
import { planRun } from '../../engine/runs/plan-run.ts'
import { makePlanView } from '../../engine/views/run-view.ts'
import { findLiveServer } from '../connect.ts'
import { getPlaybookLayers } from '../playbook-dir.ts'
import { printPlan } from '../plan-text.ts'
import { describeRepository, findRepository, layOutRepository } from '../repository.ts'
import { canAsk, readSettings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { makeRequest, readIdea, type RunFlags } from './run.ts'

/**
 * Shows a plan. It is worked out from playbook and settings: no server, no database. Where a server runs, what its
 * past runs used makes the price closer.
 */
export const plan = async (
  terminal: Terminal,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> => {
  const idea = await readIdea(terminal, words, flags)
  const config = await readSettings(terminal, flags, {
    budgetUsd: flags.budget,
    clarification: flags.clarification,
    questionDeadlineSeconds: flags.deadline,
    unconfined: flags.unconfined,
  })
  const found = await findRepository(terminal, config.home, flags)
  const request = makeRequest(idea, config, canAsk(terminal, flags), flags)
  const pinned = readPlaybook(getPlaybookLayers(config))
  const repo = found === undefined ? null : await describeRepository(config.home, found)
  // An offline plan has no price, so that nobody has to be asked.
  const live = config.models[0] === 'offline' ? undefined : await findLiveServer(config.home)
  const past = live === undefined ? [] : (await live.listPastUse()).items
  const view = makePlanView(planRun({ pinned, config, past }, request, repo), found?.context ?? null)
  if (flags.json === true) terminal.out(JSON.stringify(view))
  else {
    if (found !== undefined) terminal.out(`${layOutRepository(found).join('\n')}\n`)
    printPlan(terminal.out, view, 'long')
    if (live === undefined && view.estimate.basis === 'playbook')
      terminal.say('No server of this home is running, so its past runs were not looked at for the price.')
  }
  return EXIT.ok
}
