import { spawn } from 'node:child_process'
import { RopewalkError } from '@ropewalk/core/errors'

export type ScanOptions = {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[]
  readonly timeoutMs?: number
}

/** A scanner that loads its signatures anew for every file needs most of this. */
const TIMEOUT_MS = 60_000

/** All that a scanner is told of us: where programs lie, and that its messages be in English. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
}

type Ended =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-started'; readonly cause: unknown }

const run = async (bytes: Uint8Array, argv: readonly string[], timeoutMs: number): Promise<Ended> =>
  new Promise((resolve) => {
    const [file = '', ...args] = argv
    if (file === '') {
      resolve({ kind: 'not-started', cause: new TypeError('the first word is empty') })
      return
    }
    const child = spawn(file, args, {
      env: ENVIRONMENT,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, so that a timeout ends what the scanner started as well.
      detached: true,
    })
    const timer = setTimeout(() => {
      resolve({ kind: 'timed-out' })
      endGroup(child.pid)
    }, timeoutMs)
    child.once('error', (cause) => {
      clearTimeout(timer)
      resolve({ kind: 'not-started', cause })
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve({ kind: 'exited', code, signal })
    })
    // A scanner may have seen enough before the last byte; what it says is its exit code.
    child.stdin.on('error', () => child.stdin.destroy())
    child.stdin.end(bytes)
  })

const endGroup = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const refuse = (message: string, details: Record<string, unknown>, cause?: unknown): RopewalkError =>
  new RopewalkError('FORBIDDEN', message, { details, ...(cause === undefined ? {} : { cause }) })

const NOT_SCANNED = 'The file could not be scanned and was not taken'

/**
 * Hands a file to the scanner that the operator named, on its standard input, and returns when it is clean
 * (exit 0). Throws FORBIDDEN when the scanner objects (exit 1), and just so when it gives no verdict: any
 * other exit, no start, or no end within a minute. What nobody scanned never counts as clean.
 */
export const scanUpload = async (
  bytes: Uint8Array,
  { argv, timeoutMs = TIMEOUT_MS }: ScanOptions,
): Promise<void> => {
  const ended = await run(bytes, argv, timeoutMs)
  switch (ended.kind) {
    case 'not-started':
      throw refuse(
        `${NOT_SCANNED}: the scanner did not start. Look at the setting uploadScan.`,
        { scan: 'not-scanned' },
        ended.cause,
      )
    case 'timed-out':
      throw refuse(`${NOT_SCANNED}: the scanner gave no verdict within ${timeoutMs / 1000} seconds.`, {
        scan: 'not-scanned',
      })
    case 'exited': {
      const { code, signal } = ended
      if (code === 0) return
      if (code === 1)
        throw refuse('The scanner found something in the file; it was not taken.', { scan: 'refused' })
      throw refuse(
        `${NOT_SCANNED}: the scanner ended with ${code === null ? `signal ${signal}` : `exit code ${code}`} where 0 means clean and 1 refused.`,
        { scan: 'not-scanned', exitCode: code },
      )
    }
  }
}
