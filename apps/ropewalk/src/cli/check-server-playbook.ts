import type { PlanView } from '@ropewalk/core/contract/api/runs'
import type { Config } from '../config.ts'
import { getPlaybookLayers } from './playbook-dir.ts'
import { makeTrouble } from './trouble.ts'

/** Playbooks with a project's files over them carry this at the end of their name. */
const PROJECT = '.project'

/**
 * Throws CONFLICT where a server that was started elsewhere would work by another playbook than the project this
 * command is in: its phases and gates would not be the ones that its files name. Throws PLAYBOOK_INVALID.
 */
export const checkServerPlaybook = async (
  config: Pick<Config, 'playbook' | 'cwd'>,
  { playbook }: Pick<PlanView, 'playbook'>,
): Promise<void> => {
  const layers = getPlaybookLayers(config)
  if (layers.project === null && !playbook.name.endsWith(PROJECT)) return
  const { readPlaybook } = await import('../engine/playbook/read-playbook.ts')
  if (readPlaybook(layers).hash === playbook.hash) return
  throw makeTrouble({
    code: 'CONFLICT',
    what: 'the running server works by another playbook than this folder has',
    why:
      layers.project === null
        ? 'it was started in a project with a playbook of its own, or before one was changed'
        : `it was started elsewhere, or before ${layers.project} was changed`,
    next: 'Start it again in this folder with ./ropewalk up, or use a home of its own: --home DIR.',
  })
}
