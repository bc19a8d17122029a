import { statSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../config.ts'
import type { PlaybookLayers } from '../engine/playbook/read-files.ts'

/** The playbook that came with this program. */
const OWN_PLAYBOOK = path.resolve(import.meta.dirname, '../../../../playbook')

/** Where a project keeps what it changes of the playbook. */
export const getProjectPlaybookDir = (project: string): string => path.join(project, '.ropewalk', 'playbook')

/** Where the playbook of new runs is read from: the whole one, and what the project changes of it. */
export const getPlaybookLayers = ({ playbook, cwd }: Pick<Config, 'playbook' | 'cwd'>): PlaybookLayers => {
  const project = getProjectPlaybookDir(cwd)
  return {
    base: playbook === undefined ? OWN_PLAYBOOK : path.resolve(playbook),
    project: statSync(project, { throwIfNoEntry: false })?.isDirectory() === true ? project : null,
  }
}
