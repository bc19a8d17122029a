import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Name of the variable that marks what belongs to a driven service, for finding what slips away. */
export const MARK = 'ROPEWALK_SERVICE'

const SWEEP_ROUNDS = 100
const SWEEP_PAUSE_MS = 20

/** A file under /proc, or nothing where the process has gone in between or there is no /proc. */
const readProc = (path: string): string => {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return ''
  }
}

const listPids = (): number[] => {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** State and parent: what stands behind the last bracket, since a program's name may hold brackets. */
const getStat = (pid: number): { readonly isGone: boolean; readonly parent: number } => {
  const stat = readProc(`${pid}/stat`)
  const [state = 'X', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { isGone: stat === '' || state === 'Z' || state === 'X', parent: Number(parent) }
}

const getAncestors = (): Set<number> => {
  const found = new Set([process.pid])
  for (let pid = process.ppid; pid > 0 && !found.has(pid); pid = getStat(pid).parent) found.add(pid)
  return found
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

const isMarked = (pid: number, mark: string): boolean =>
  readProc(`${pid}/environ`).split('\0').includes(`${MARK}=${mark}`)

const isBelow = (pid: number, root: number): boolean => {
  for (let at = pid, depth = 0; at > 1 && depth < 1000; depth += 1) {
    at = getStat(at).parent
    if (at === root) return true
  }
  return false
}

export type Sweep = () => Promise<boolean>

/**
 * Makes the function that ends every process but this one and those it runs under; it tells whether they are
 * gone. Call this before anything of the project runs. In a process namespace that holds nobody else all
 * others are ended, whatever they did to hide. Elsewhere only what descends from this process or carries its
 * mark, since the rest of the machine is not ours.
 */
export const makeSweep = (mark: string): Sweep => {
  const ancestors = getAncestors()
  const isOurs = listPids().length > 0 && listPids().every((pid) => ancestors.has(pid))
  const listOthers = (): number[] =>
    listPids().filter(
      (pid) =>
        !ancestors.has(pid) &&
        !getStat(pid).isGone &&
        (isOurs || isBelow(pid, process.pid) || isMarked(pid, mark)),
    )
  return async () => {
    for (let round = 0; round < SWEEP_ROUNDS; round += 1) {
      const others = listOthers()
      if (others.length === 0) return true
      others.forEach(kill)
      await sleep(SWEEP_PAUSE_MS)
    }
    return false
  }
}

/** Resident memory of a process and its descendants, in megabytes; null where the system does not tell. */
export const getMemoryMb = (root: number): number | null => {
  const read = (pid: number) => Number(/^VmRSS:\s+(\d+) kB/mu.exec(readProc(`${pid}/status`))?.[1] ?? 0)
  const pids = listPids().filter((pid) => pid === root || isBelow(pid, root))
  const kilobytes = pids.reduce((sum, pid) => sum + read(pid), 0)
  return kilobytes === 0 ? null : kilobytes / 1024
}

/** Ports on which anything listens, as the kernel tells: for saying what a service did instead. */
export const listListening = (): number[] => {
  const ports = ['net/tcp', 'net/tcp6'].flatMap((table) =>
    readProc(table)
      .split('\n')
      .map((line) => line.trim().split(/\s+/u))
      .flatMap(([, local = '', , state]) =>
        state === '0A' ? [parseInt(local.split(':')[1] ?? '', 16)] : [],
      ),
  )
  return [...new Set(ports)].filter((port) => port > 0).toSorted((a, b) => a - b)
}
