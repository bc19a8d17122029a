import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** Folders of the host that every confined command sees, read-only. */
const SYSTEM_FOLDERS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store']

/** What of /etc a program needs to start; nothing in it is secret or names the host. */
const SYSTEM_FILES = ['/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/alternatives']

/** File descriptors on which the sandbox is given `/etc/hosts` and `/etc/passwd`, and tells its own status. */
export const HOSTS_FD = 3
export const PASSWD_FD = 4
export const STATUS_FD = 5

export const HOSTS_TEXT = '127.0.0.1 localhost\n::1 localhost\n'

/** Makes `os.userInfo()` work inside without showing who has accounts on the host. */
export const getPasswdText = (uid: number, gid: number): string => `agent:x:${uid}:${gid}::/tmp:/bin/false\n`

export type SandboxFeatures = {
  /** bubblewrap 0.8 and later: no user namespace can be made inside. */
  readonly disableUserns: boolean
  /** bubblewrap 0.7 and later: the size of /tmp can be limited. */
  readonly size: boolean
  /** False only for root in a container that forbids user namespaces but allows the others. */
  readonly userns: boolean
}

export type SandboxMount = { readonly path: string; readonly write: boolean; readonly at?: string }

export type SandboxRequest = {
  readonly cwd: string
  readonly mounts: readonly SandboxMount[]
  readonly tmpBytes: number
  readonly argv: readonly string[]
}

/** The folder of the Node that runs this process; its programs are first on the PATH inside. */
export const getNodeFolder = (): string => path.dirname(realpathSync(process.execPath))

/**
 * The arguments of bubblewrap for one command: every namespace unshared (network included; bubblewrap
 * brings the new loopback up), no capability, the system read-only, an empty /tmp, and the folders asked
 * for at their own paths. The environment is that of the bubblewrap process itself.
 */
export const getSandboxArgv = (features: SandboxFeatures, request: SandboxRequest): string[] => [
  '--unshare-all',
  ...(features.userns ? ['--unshare-user'] : []),
  ...(features.userns && features.disableUserns ? ['--disable-userns'] : []),
  '--cap-drop',
  'ALL',
  '--new-session',
  '--die-with-parent',
  '--hostname',
  'sandbox',
  '--json-status-fd',
  String(STATUS_FD),
  ...getSystemMounts(),
  '--proc',
  '/proc',
  // bubblewrap leaves /proc/sys writable where it runs as root: core_pattern there is a way out.
  '--ro-bind',
  '/proc/sys',
  '/proc/sys',
  '--dev',
  '/dev',
  ...(features.size ? ['--size', String(request.tmpBytes)] : []),
  '--tmpfs',
  '/tmp',
  '--ro-bind',
  getNodeFolder(),
  getNodeFolder(),
  ...getMountArgv([...request.mounts, { path: request.cwd, write: true }]),
  '--chdir',
  request.cwd,
  '--',
  ...request.argv,
]

/** Outer folders first, else they would cover the inner ones. */
const getMountArgv = (mounts: readonly SandboxMount[]): string[] =>
  mounts
    .map((mount) => ({ ...mount, at: mount.at ?? mount.path }))
    .toSorted((a, b) => a.at.length - b.at.length)
    .flatMap((mount) => [mount.write ? '--bind' : '--ro-bind', mount.path, mount.at])

/** `/bin` and its like are links into /usr on merged systems: kept as links, else mounted. */
const getSystemMounts = (): string[] => [
  ...SYSTEM_FOLDERS.flatMap((folder) => {
    const found = lstatSync(folder, { throwIfNoEntry: false })
    if (found === undefined) return []
    return found.isSymbolicLink()
      ? ['--symlink', readlinkSync(folder), folder]
      : ['--ro-bind', folder, folder]
  }),
  ...SYSTEM_FILES.flatMap((file) => ['--ro-bind-try', file, file]),
  '--ro-bind-data',
  String(HOSTS_FD),
  '/etc/hosts',
  '--ro-bind-data',
  String(PASSWD_FD),
  '/etc/passwd',
]
