import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { COMMAND_MARK } from '@ropewalk/guards/command-mark'

/** Marks every process of one unconfined command, for finding those that slip away. */
export const MARK = COMMAND_MARK

export type TreeFacts = { readonly pids: readonly number[]; readonly memoryBytes: number }

/** A file under /proc, or nothing where the process has gone in between or is somebody else's. */
const readProc = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
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

/**
 * A process and its descendants, with the memory that is theirs alone (anonymous and shared memory, no
 * program text). Stops counting above `maxPids`. Empty where there is no /proc.
 */
export const getTree = (root: number, maxPids: number): TreeFacts => {
  const pids: number[] = []
  const open = [root]
  let memoryBytes = 0
  for (let pid = open.pop(); pid !== undefined && pids.length <= maxPids; pid = open.pop()) {
    const status = readProc(`/proc/${pid}/status`)
    if (status === '') continue
    pids.push(pid)
    memoryBytes += readKilobytes(status, 'RssAnon') + readKilobytes(status, 'RssShmem')
    open.push(...listChildren(pid))
  }
  return { pids, memoryBytes }
}

const readKilobytes = (status: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1] ?? 0) * 1024

/** Children belong to the thread that forked them. */
const listChildren = (pid: number): number[] => {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  return threads
    .flatMap((thread) => readProc(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((child) => child !== '')
    .map(Number)
}

/** The processes whose environment carries `MARK` with a value that `matches`. */
const findMarked = (matches: (value: string) => boolean): number[] =>
  listPids().filter((pid) => {
    const entry = readProc(`/proc/${pid}/environ`)
      .split('\0')
      .find((line) => line.startsWith(`${MARK}=`))
    return entry !== undefined && matches(entry.slice(MARK.length + 1))
  })

export const killProcess = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // Gone already, or given to another user by a set-user-id program: nothing more can be done.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Ends whatever an unconfined command left running, also what moved to a session of its own. */
export const killMarked = (mark: string): void => {
  // A process may fork between being listed and being killed; its child carries the mark as well.
  for (let round = 0; round < 5; round += 1) {
    const left = findMarked((value) => value === mark)
    if (left.length === 0) return
    left.forEach(killProcess)
  }
}

const readNamespace = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return `unknown of ${pid}`
  }
}

/** Ends what unconfined commands of workers that are no longer alive left behind. Returns how many. */
export const killOrphans = (): number => {
  const left = findMarked((value) => {
    const parent = Number(value.split('/')[0])
    return Number.isInteger(parent) && readProc(`/proc/${parent}/status`) === ''
  })
  // In a container on the same machine our numbers mean other processes: those are not ours to judge.
  const ours = left.filter((pid) => readNamespace(String(pid)) === readNamespace('self'))
  ours.forEach(killProcess)
  return ours.length
}
