import { readdirSync, readFileSync } from 'node:fs'
import { findLayout } from '../../src/store/embedded/layout.ts'
import { listServerProcesses, sendSignal, waitUntil } from '../../src/store/embedded/processes.ts'

/** Each process with its parent; one that ends meanwhile is left out. Linux only. */
const readParents = (): ReadonlyMap<number, number> => {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/u.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(/\) \S (\d+)/u.exec(stat)?.[1] ?? 0))
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return parents
}

/** A process and everything that descends from it. */
const listTree = (root: number): readonly number[] => {
  const parents = readParents()
  const isBelow = (pid: number): boolean =>
    pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isBelow)
}

/**
 * kill -9 of everything that works for a home: the program, what it started, its Postgres with all its
 * children. The server is known by its data folder, so that nobody else's is touched.
 */
export const killAll = async (home: string, program: number): Promise<number> => {
  const layout = await findLayout(home)
  const killed = new Set<number>()
  const killOnce = async () => {
    for (const pid of [...listTree(program), ...(await listServerProcesses(layout))]) {
      killed.add(pid)
      sendSignal(pid, 'SIGKILL')
    }
  }
  await killOnce()
  // What was being started while we looked is found the next time.
  const isEmpty = async () => {
    await killOnce()
    return (await listServerProcesses(layout)).length === 0
  }
  if (!(await waitUntil(isEmpty, 10_000))) throw new Error('Processes of the home outlive kill -9.')
  return killed.size
}
