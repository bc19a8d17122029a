import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  getPasswdText,
  getSandboxArgv,
  HOSTS_FD,
  HOSTS_TEXT,
  PASSWD_FD,
  STATUS_FD,
  type SandboxFeatures,
} from './sandbox-argv.ts'

export type Sandbox =
  | { readonly available: true; readonly path: string; readonly features: SandboxFeatures }
  /** `reason` is for the operator, and ends with what to do. */
  | { readonly available: false; readonly reason: string }

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** A probe answers in milliseconds; one that takes this long hangs on something that will not pass. */
const PROBE_TIMEOUT_MS = 10_000

/** A program of the system by name, by its full path; undefined where it is not installed. */
export const findSystemProgram = (name: string): string | undefined =>
  SYSTEM_PATH.map((folder) => path.join(folder, name)).find(isExecutable)

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

let probed: Promise<Sandbox> | undefined

/** What sandbox this machine has, found out once per process by running `true` in it. */
export const findSandbox = (): Promise<Sandbox> => (probed ??= probeSandbox())

const probeSandbox = async (): Promise<Sandbox> => {
  if (process.platform !== 'linux') {
    return {
      available: false,
      reason: `bubblewrap is for Linux, and this is ${process.platform}; use --unconfined.`,
    }
  }
  const bwrap = findSystemProgram('bwrap')
  if (bwrap === undefined) {
    return {
      available: false,
      reason: 'bubblewrap (bwrap) is not installed; install the package "bubblewrap".',
    }
  }
  const asRoot = process.getuid?.() === 0
  const candidates: SandboxFeatures[] = [
    { userns: true, disableUserns: true, size: true },
    { userns: true, disableUserns: false, size: true },
    { userns: true, disableUserns: false, size: false },
    ...(asRoot ? [{ userns: false, disableUserns: false, size: false }] : []),
  ]
  let said = ''
  for (const features of candidates) {
    const probe = await tryFeatures(bwrap, features)
    if (probe === undefined) return { available: true, path: bwrap, features }
    said = probe
  }
  return {
    available: false,
    reason:
      `${bwrap} does not work here: ${said} ` +
      'Allow unprivileged user namespaces (kernel.unprivileged_userns_clone, AppArmor, or the container), or use --unconfined.',
  }
}

/** Undefined when `true` ran in the sandbox, else what stood in the way. */
const tryFeatures = (bwrap: string, features: SandboxFeatures): Promise<string | undefined> => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const argv = getSandboxArgv(features, { cwd: tmpdir(), mounts: [], tmpBytes: 1 << 20, argv: ['true'] })
  const child = spawn(bwrap, argv, {
    cwd: '/',
    env: { PATH: SYSTEM_PATH.join(':') },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    timeout: PROBE_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(0, 500)
  })
  feedSandbox(child.stdio)
  child.on('error', (error) => {
    resolve(`${error.message}.`)
  })
  child.on('close', (code, signal) => {
    resolve(code === 0 ? undefined : said.trim().replaceAll('\n', ' ') || `it ended with ${code ?? signal}.`)
  })
  return promise
}

/** Hands over the two files made for the inside, and gives back what the sandbox says of itself. */
export const feedSandbox = (stdio: readonly unknown[]): { readonly status: () => string } => {
  const texts = [
    [HOSTS_FD, HOSTS_TEXT],
    [PASSWD_FD, getPasswdText(process.getuid?.() ?? 0, process.getgid?.() ?? 0)],
  ] as const
  for (const [fd, text] of texts) {
    const stream = stdio[fd] as NodeJS.WritableStream
    // A sandbox that could not be set up closes its end; its exit says so already.
    stream.on('error', () => undefined)
    stream.end(text)
  }
  let status = ''
  const stream = stdio[STATUS_FD] as NodeJS.ReadableStream
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    status += chunk.toString()
  })
  return { status: () => status }
}
