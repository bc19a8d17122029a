import path from 'node:path'
import type { Config } from '../config.ts'

/** The playbook that came with this program. */
const OWN_PLAYBOOK = path.resolve(import.meta.dirname, '../../../../playbook')

/** Where the playbook of new runs is read from. */
export const getPlaybookDir = ({ playbook }: Pick<Config, 'playbook'>): string =>
  playbook === undefined ? OWN_PLAYBOOK : path.resolve(playbook)
