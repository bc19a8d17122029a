import path from 'node:path'
import type { RunConfined } from '@ropewalk/guards/guard'
import { findModules, type Modules } from '../repo/modules.ts'
import { findSandbox, type Sandbox } from './confine/find-sandbox.ts'

const MODULES = 'node_modules'

export type Lent = {
  readonly runConfined: RunConfined
  readonly findLack: (dir: string) => Promise<string | undefined>
}

/**
 * Lends installed packages of the repository's owner to commands: where a command's folder has the very lock
 * file that they were installed by, they appear there as `node_modules`, read-only. Without a sandbox nothing
 * is lent, since nothing would keep the code from writing to them.
 */
export const lendModules = (
  home: string,
  runConfined: RunConfined,
  probe: () => Promise<Sandbox> = findSandbox,
): Lent => {
  const find = async (dir: string): Promise<Modules> => {
    const modules = await findModules(home, dir)
    if (modules.outcome !== 'lent' || (await probe()).available) return modules
    return {
      outcome: 'lacking',
      reason: `The packages in ${modules.folder} are lent to code in a sandbox alone, and this machine has none.`,
    }
  }
  return {
    runConfined: async (request) => {
      const modules = await find(request.cwd)
      if (modules.outcome !== 'lent') return runConfined(request)
      const mount = { path: modules.folder, write: false, at: path.join(request.cwd, MODULES) }
      return runConfined({ ...request, mounts: [...(request.mounts ?? []), mount] })
    },
    findLack: async (dir) => {
      const modules = await find(dir)
      return modules.outcome === 'lacking' ? modules.reason : undefined
    },
  }
}
