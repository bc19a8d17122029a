import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PEERS = fileURLToPath(new URL('peers/', import.meta.url))

/**
 * Installs the peers from their own lock file, unless what is installed already matches it.
 * Needs the network the first time only; touches nothing outside `bench/peers`.
 */
export async function installPeers(pnpm: string = findPnpm()): Promise<'installed' | 'already there'> {
  if (await isInstalled()) return 'already there'
  const argv = ['install', '--frozen-lockfile', '--ignore-workspace', '--ignore-scripts']
  const child = spawn(pnpm, argv, { cwd: PEERS, stdio: ['ignore', 2, 2] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`installing the bench's peers ended with exit code ${code}`)
  return 'installed'
}

/** pnpm keeps a copy of the lock file that it installed from; it lacks what was not wanted, so versions are compared. */
async function isInstalled(): Promise<boolean> {
  if (!existsSync(join(PEERS, 'node_modules', '.modules.yaml'))) return false
  const { dependencies } = (await readJson(join(PEERS, 'package.json'))) as {
    dependencies: Record<string, string>
  }
  for (const [name, version] of Object.entries(dependencies)) {
    const manifest = join(PEERS, 'node_modules', name, 'package.json')
    if (!existsSync(manifest)) return false
    if (((await readJson(manifest)) as { version: string }).version !== version) return false
  }
  return true
}

/** The pnpm beside the Node that runs us, as the launcher installs them; else the one on the PATH. */
function findPnpm(): string {
  const beside = join(dirname(process.execPath), 'pnpm')
  return existsSync(beside) ? beside : 'pnpm'
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown
}

if (import.meta.main) {
  const outcome = await installPeers()
  process.stdout.write(`peers ${outcome}\n`)
}
