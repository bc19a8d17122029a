import path from 'node:path'
import type { Config } from '../config.ts'

/** The playbook that came with this program. */
const OWN_PLAYBOOK = path.resolve(import.meta.dirname, '../../../../playbook')

/** The folder of the playbook that new runs are pinned to. */
export const getPlaybookDir = ({ playbook }: Pick<Config, 'playbook'>): string =>
  playbook === undefined ? OWN_PLAYBOOK : path.resolve(playbook)
