import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PEERS = fileURLToPath(new URL('peers/', import.meta.url))

/**
 * Installs the peers from their own lock file with the pnpm on the PATH, unless they are already there.
 * Needs the network the first time only; touches nothing outside `bench/peers`.
 */
export async function installPeers(): Promise<'installed' | 'already there'> {
  if (await isInstalled()) return 'already there'
  const argv = ['install', '--frozen-lockfile', '--ignore-workspace', '--ignore-scripts']
  // The lock file pins every byte; how old a package must be was judged when it was written.
  const env = { ...process.env, pnpm_config_minimum_release_age: '0' }
  const child = spawn('pnpm', argv, { cwd: PEERS, env, stdio: ['ignore', 2, 2] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`installing the bench's peers ended with exit code ${code}`)
  return 'installed'
}

/** pnpm writes .modules.yaml last, so an interrupted install does not count. */
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

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown
}

if (import.meta.main) {
  const outcome = await installPeers()
  process.stdout.write(`peers ${outcome}\n`)
}
