import { execFile } from 'node:child_process'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Layout } from './layout.ts'
import { getErrorCode } from './store-unavailable.ts'

/** What a postmaster writes about itself into `postmaster.pid`. */
export type PostmasterRecord = {
  readonly pid: number
  readonly port: number
  readonly socketDir: string
  readonly isReady: boolean
}

/** Undefined when there is no such file, or one not yet written to its end. */
export async function findPostmasterRecord(dataDir: string): Promise<PostmasterRecord | undefined> {
  let text: string
  try {
    text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid, , , port, socketDir, , , status] = text.split('\n').map((line) => line.trim())
  if (!/^\d+$/u.test(pid ?? '') || socketDir === undefined) return undefined
  return { pid: Number(pid), port: Number(port), socketDir, isReady: status === 'ready' }
}

/** The processes of this home's server that live, whoever started them; a zombie does not live. */
export async function listServerProcesses(layout: Layout): Promise<readonly number[]> {
  return process.platform === 'linux' ? listFromProc(layout) : listFromPs(layout)
}

/** Whether `pid` is one of this server's processes. Cheaper than listing them all. */
export async function isServerProcess(layout: Layout, pid: number): Promise<boolean> {
  if (process.platform === 'linux') return isOursInProc(layout, pid)
  return (await listFromPs(layout)).includes(pid)
}

async function listFromProc(layout: Layout): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(Number)
  const ours = await Promise.all(pids.map((pid) => isOursInProc(layout, pid)))
  return pids.filter((_, index) => ours[index] === true)
}

/**
 * The command line, not `exe` or `cwd`: root in a container may lack the capability to look at those. It can be
 * forged, so the owner must match too.
 */
async function isOursInProc(layout: Layout, pid: number): Promise<boolean> {
  try {
    const folder = join('/proc', String(pid))
    const words = (await readFile(join(folder, 'cmdline'), 'utf8')).split('\0')
    if (!isOurs(layout, words)) return false
    return (await stat(folder)).uid === (layout.runAs?.uid ?? process.geteuid?.())
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(getErrorCode(error) ?? '')) return false
    throw error
  }
}

function isOurs(layout: Layout, words: readonly string[]): boolean {
  const [program = '', flag, dataDir] = words
  if (program.startsWith(`postgres: ${layout.clusterName}: `)) return true
  return basename(program) === 'postgres' && flag === '-D' && dataDir === layout.dataDir
}

const run = promisify(execFile)

/** `ps` joins the words of a command line, so the data folder is looked for as text. */
async function listFromPs(layout: Layout): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,uid=,stat=,command='], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const owner = layout.runAs?.uid ?? process.geteuid?.()
  return stdout.split('\n').flatMap((line) => {
    const [, pid, uid, state, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/u.exec(line) ?? []
    const isNamed =
      command.startsWith(`postgres: ${layout.clusterName}: `) ||
      command.includes(`/postgres -D ${layout.dataDir} `)
    return isNamed && Number(uid) === owner && state?.startsWith('Z') === false ? [Number(pid)] : []
  })
}

/** Whether anything at all, even a zombie, answers to `pid`; Postgres judges a stale lock file by the same test. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (getErrorCode(error) === 'EPERM') return true
    if (getErrorCode(error) === 'ESRCH') return false
    throw error
  }
}

/** Sends `signal`; a process that is already gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (getErrorCode(error) !== 'ESRCH') throw error
  }
}

/** Waits until `isDone` answers true; false when `timeoutMs` passed first. */
export async function waitUntil(isDone: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await isDone()) return true
    if (performance.now() > deadline) return false
    await sleep(50)
  }
}
