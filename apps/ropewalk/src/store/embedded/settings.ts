import { RopewalkError } from '@ropewalk/core/errors'
import type { Layout } from './layout.ts'

/** Names the socket file, no network port: each home has its own folder. */
export const SOCKET_PORT = 5432

/** For 2 cores and 8 GB shared with agents and their tools. Durability stays fully on. */
const DEFAULTS: Readonly<Record<string, string>> = {
  shared_buffers: '256MB',
  // A group commit of 200 commands writes about 2 MB of log; less room than that and commits wait for each other.
  wal_buffers: '16MB',
  // A huge page that a container may not have ends Postgres with SIGBUS; 256 MB gains little from them.
  huge_pages: 'off',
  // A server, a relay and seven workers, each a process of its own with up to 19, and commands beside them.
  max_connections: '200',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
  io_workers: '2',
  // Parallel queries take memory from /dev/shm, of which containers give 64 MB, and cores that we do not have.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_wal_size: '1GB',
  min_wal_size: '80MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // Failing statements may hold secrets or what people wrote; the error's own text is enough.
  log_min_error_statement: 'panic',
}

/** Settings on which finding, owning and guarding the server depend. */
const OURS: ReadonlySet<string> = new Set([
  'cluster_name',
  'config_file',
  'data_directory',
  'external_pid_file',
  'hba_file',
  'ident_file',
  'listen_addresses',
  'logging_collector',
  'port',
  'unix_socket_directories',
  'unix_socket_group',
  'unix_socket_permissions',
  'update_process_title',
])

/**
 * The arguments of `postgres`: our defaults, then the caller's `settings`, then what nobody may change.
 * Throws INVALID_ARGUMENT for a setting that is ours or no setting's name.
 */
export function makeServerArguments(
  layout: Layout,
  socketDir: string,
  settings: Readonly<Record<string, string>>,
): readonly string[] {
  for (const name of Object.keys(settings)) {
    if (!OURS.has(name) && /^[a-z_][a-z0-9_.]*$/u.test(name)) continue
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected a Postgres setting that may be changed, got "${name}". Leave it out.`,
      { details: { setting: name } },
    )
  }
  const all: Readonly<Record<string, string>> = {
    ...DEFAULTS,
    ...settings,
    listen_addresses: '',
    unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    port: String(SOCKET_PORT),
    // Shown in the title of every process of this server, which is how they are found after a crash.
    cluster_name: layout.clusterName,
    update_process_title: 'on',
    logging_collector: 'off',
  }
  return ['-D', layout.dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** All that Postgres and initdb see of our environment: none of our keys, proxies or paths. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  PATH: '/usr/bin:/bin',
  TZ: 'UTC',
}
