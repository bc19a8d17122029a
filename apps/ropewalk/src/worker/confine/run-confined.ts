import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import type { ConfinedRequest, ConfinedResult, RunConfined } from '@ropewalk/guards/guard'
import type { WorkerLog } from '../worker-log.ts'
import { findSandbox, findSystemProgram, type Sandbox } from './find-sandbox.ts'
import { MARK } from './process-tree.ts'
import { getNodeFolder, getSandboxArgv } from './sandbox-argv.ts'
import { superviseCommand } from './supervise-command.ts'

export type ConfineOptions = {
  /** `allowed-without`: where there is no sandbox, run in a cleared environment and say so. */
  readonly mode: 'required' | 'allowed-without'
  /** Folders that no command may be given, nor a folder around them: keys, secrets, the database. */
  readonly protectedDirs: readonly string[]
  readonly log: WorkerLog
  /** Ends every command when aborted; the call then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** For tests of what happens without one; found out by running it otherwise. */
  readonly findSandbox?: () => Promise<Sandbox>
}

/** A test run of a small service takes about 200 MB; a compiler several times that. */
const DEFAULT_MEMORY_MB = 2048
/** Threads count here, and each Node process has eleven. */
const MAX_THREADS = 4096
/** One file; keeps a runaway log from filling the disk before the time limit ends it. */
const MAX_FILE_BYTES = 1024 ** 3

/**
 * Makes the one function through which commands run on code that an agent wrote. Never a shell. Ended with
 * everything they started when they exceed their time, memory (`memoryMb`, 2048), 256 processes, or output
 * far above `maxOutputBytes`; output above that is dropped and `truncated` set.
 * Inside the sandbox a program that a signal ended shows as exit code 128 plus the signal.
 * Throws SANDBOX_UNAVAILABLE, and INVALID_ARGUMENT for a folder that may not be given.
 */
export const makeRunConfined = (options: ConfineOptions): RunConfined => {
  let warned = false
  return async (request) => {
    options.signal?.throwIfAborted()
    checkFolders(request, options.protectedDirs)
    const sandbox = await (options.findSandbox ?? findSandbox)()
    if (sandbox.available) return runInSandbox(sandbox, request, options)
    if (options.mode === 'required') {
      throw new RopewalkError('SANDBOX_UNAVAILABLE', `Cannot run ${request.argv[0]}: ${sandbox.reason}`)
    }
    if (!warned) options.log.warn({ reason: sandbox.reason }, 'running agent-written code without a sandbox')
    warned = true
    return runWithoutSandbox(request, options)
  }
}

const checkFolders = (request: ConfinedRequest, protectedDirs: readonly string[]): void => {
  const given = [request.cwd, ...(request.mounts ?? []).map((mount) => mount.path)]
  for (const folder of given) {
    if (!path.isAbsolute(folder) || path.normalize(folder) !== folder) {
      throw new RopewalkError('INVALID_ARGUMENT', `Expected an absolute, plain path, got ${folder}.`)
    }
    // An agent may have put a link where a folder was: what counts is where it leads.
    const real = realpathSync(folder)
    const forbidden = protectedDirs.map(getRealPath).find((dir) => isInside(real, dir) || isInside(dir, real))
    if (forbidden !== undefined) {
      throw new RopewalkError('INVALID_ARGUMENT', `${folder} may not be shown to agent-written code.`)
    }
  }
}

const getRealPath = (folder: string): string => (existsSync(folder) ? realpathSync(folder) : folder)

/** Whether `inner` is `outer` or below it. */
const isInside = (inner: string, outer: string): boolean => {
  const relative = path.relative(outer, inner)
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`))
}

const getEnv = (request: ConfinedRequest, tmp: string): Record<string, string> => ({
  PATH: `${getNodeFolder()}:/usr/local/bin:/usr/bin:/bin`,
  HOME: tmp,
  LANG: 'C.UTF-8',
  TMPDIR: tmp,
  ...request.env,
})

/** The command behind `prlimit` where that is installed: the kernel then holds the limits for each process. */
const getLimitedArgv = (request: ConfinedRequest, limitThreads: boolean): string[] => {
  const prlimit = findSystemProgram('prlimit')
  if (prlimit === undefined) return [...request.argv]
  const memoryBytes = (request.memoryMb ?? DEFAULT_MEMORY_MB) * 1024 ** 2
  return [
    prlimit,
    '--core=0',
    `--fsize=${MAX_FILE_BYTES}`,
    // Not --as: V8 sets aside far more addresses than it will ever use.
    `--data=${memoryBytes}`,
    ...(limitThreads ? [`--nproc=${MAX_THREADS}`] : []),
    '--',
    ...request.argv,
  ]
}

const runInSandbox = async (
  sandbox: Sandbox & { available: true },
  request: ConfinedRequest,
  options: ConfineOptions,
): Promise<ConfinedResult> => {
  const memoryBytes = (request.memoryMb ?? DEFAULT_MEMORY_MB) * 1024 ** 2
  const ended = await superviseCommand({
    argv: [
      sandbox.path,
      ...getSandboxArgv(sandbox.features, {
        cwd: request.cwd,
        mounts: request.mounts ?? [],
        tmpBytes: Math.floor(memoryBytes / 2),
        // The count is per user namespace, so that the host's own processes are not in it.
        argv: getLimitedArgv(request, sandbox.features.userns),
      }),
    ],
    cwd: '/',
    env: getEnv(request, '/tmp'),
    sandboxed: true,
    mark: null,
    memoryBytes,
    request,
    signal: options.signal,
  })
  if (ended.notStarted !== null) {
    throw new RopewalkError('SANDBOX_UNAVAILABLE', `The sandbox could not be set up: ${ended.notStarted}`, {
      details: { cwd: request.cwd },
    })
  }
  return { ...ended.result, confined: 'yes' }
}

const runWithoutSandbox = async (
  request: ConfinedRequest,
  options: ConfineOptions,
): Promise<ConfinedResult> => {
  const mark = `${process.pid}/${randomUUID()}`
  const tmp = await mkdtemp(path.join(tmpdir(), 'ropewalk-command-'))
  try {
    const ended = await superviseCommand({
      argv: getLimitedArgv(request, false),
      cwd: request.cwd,
      env: { ...getEnv(request, tmp), [MARK]: mark },
      sandboxed: false,
      mark,
      memoryBytes: (request.memoryMb ?? DEFAULT_MEMORY_MB) * 1024 ** 2,
      request,
      signal: options.signal,
    })
    return { ...ended.result, confined: 'no' }
  } finally {
    await rm(tmp, { recursive: true, force: true })
  }
}
