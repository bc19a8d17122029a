import path from 'node:path'

/** The playbook that came with this program. */
export const PLAYBOOK_DIR = path.resolve(import.meta.dirname, '../../../../playbook')
