import { readdirSync, readFileSync } from 'node:fs'

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // Gone already, or given to another user by a set-user-id program: nothing more can be done.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Reads what may vanish while it is read; undefined where it has, or where there is no /proc. */
const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/** The processes whose environment holds exactly this line. */
const findWith = (line: string): readonly number[] =>
  (attempt(() => readdirSync('/proc')) ?? [])
    .map(Number)
    .filter(Number.isInteger)
    .filter((pid) => {
      const environment = attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
      return environment?.split('\0').includes(line) === true
    })

/**
 * Ends a hook's process group, and on Linux also what moved to a session of its own: those are known by the
 * line of their environment that no other program has.
 */
export const killHook = (pid: number, line: string): void => {
  kill(-pid)
  // A process may fork between being listed and being killed; its child has the line as well.
  for (let round = 0; round < 5; round += 1) {
    const left = findWith(line)
    if (left.length === 0) return
    left.forEach(kill)
  }
}
