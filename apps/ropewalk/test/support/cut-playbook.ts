import path from 'node:path'
import { editPlaybook, type PlaybookEdit, type ProgramHome } from './program.ts'
import { writeShortPlaybook, type Kept } from './short-playbook.ts'

export type { Kept }

/** A playbook of these phases alone in a home's folder, with these texts replaced, for ROPEWALK_PLAYBOOK. */
export const cutPlaybook = (
  { folder }: Pick<ProgramHome, 'folder'>,
  name: string,
  of: {
    readonly kept: Kept
    readonly edits?: readonly PlaybookEdit[]
    /** Guards that are not asked: what takes seconds and proves nothing for the test. */
    readonly leftOut?: readonly string[]
  },
): string => {
  const dir = path.join(folder, name.replaceAll(/\W+/gu, '-'))
  writeShortPlaybook(dir, of.kept, new Set(of.leftOut ?? ['coverage', 'lint', 'scan']))
  for (const edit of of.edits ?? []) editPlaybook(dir, edit)
  return dir
}
