import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './read-sources.ts'

/**
 * An npm that fetches nothing: `ci` makes the packages named in the folder's package.json, each with a
 * program that answers `--version` as the real one would. FAKE_NPM says how it misbehaves.
 */
const NPM = String.raw`
const fs = require('node:fs')
const path = require('node:path')
const args = process.argv.slice(2)
fs.appendFileSync(process.env.CALLS, 'npm ' + args[0] + '\n')
if (args[0] === 'config') {
  console.log(JSON.stringify({ registry: 'https://registry.example/' }))
  process.exit()
}
if (process.env.FAKE_NPM === 'offline') {
  console.error('npm error code ENOTFOUND\nnpm error request failed, reason: getaddrinfo ENOTFOUND registry.example')
  process.exit(1)
}
setTimeout(install, process.env.FAKE_NPM === 'slow' ? 1500 : 0)
function install() {
  for (const [name, version] of Object.entries(JSON.parse(fs.readFileSync('package.json', 'utf8')).dependencies)) {
    const isNode = !name.startsWith('@pnpm/')
    const file = path.join('node_modules', name, isNode ? 'bin/node' : 'pnpm')
    const answer = isNode ? 'v' + version : version
    const otherwise = isNode ? 'exec "$REAL_NODE" "$@"' : 'echo "pnpm $1" >> "$CALLS"; mkdir -p node_modules apps/ropewalk/node_modules'
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, '#!/bin/sh\nif [ "$1" = --version ]; then echo ' + answer + '; else ' + otherwise + '; fi\n', { mode: 0o755 })
  }
}
`

const INTERRUPTS = pathToFileURL(path.join(ROOT, 'apps/ropewalk/src/cli/interrupts.ts')).href

/** `orderly` ends as our real commands do: the first signal in 1.5 s with 42, a second one at once with 130. */
const PROGRAM = `
const [what, value] = process.argv.slice(2)
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }))
if (what === 'exit') process.exit(Number(value))
if (what === 'die') process.kill(process.pid, 'SIGTERM')
if (what === 'wait') {
  process.on('SIGINT', () => process.exit(42))
  setTimeout(() => process.exit(1), 20_000)
  console.log('waiting')
}
if (what === 'orderly') {
  const { withInterrupt } = await import('${INTERRUPTS}')
  setTimeout(() => process.exit(1), 20_000)
  await withInterrupt(async ({ signal }) => {
    const asked = new Promise((resolve) => signal.addEventListener('abort', resolve))
    console.log('waiting')
    await asked
    console.log('asked')
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })
  process.exit(42)
}
`

/** A checkout in miniature, in a path with a space: the real launcher, a small program, and an npm of our own. */
export type LauncherTree = {
  readonly root: string
  readonly launcher: string
  readonly env: NodeJS.ProcessEnv
  /** What was asked of npm and pnpm so far, in order. */
  readCalls(): readonly string[]
  write(file: string, text: string): void
  exists(file: string): boolean
  remove(): void
}

export function makeLauncherTree(): LauncherTree {
  const base = mkdtempSync(path.join(tmpdir(), 'ropewalk launcher '))
  const root = path.join(base, 'check out')
  const calls = path.join(base, 'calls')
  const home = path.join(base, 'home')
  const npm = path.join(base, 'npm-cli.js')
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), text)
  }
  write('apps/ropewalk/src/main.ts', PROGRAM)
  write('scripts/run-tests.ts', PROGRAM)
  write('pnpm-lock.yaml', 'lockfileVersion: 9.0\n')
  copyFileSync(path.join(ROOT, 'ropewalk'), path.join(root, 'ropewalk'))
  chmodSync(path.join(root, 'ropewalk'), 0o755)
  cpSync(path.join(ROOT, 'launcher'), path.join(root, 'launcher'), { recursive: true })
  writeFileSync(npm, NPM)
  mkdirSync(home, { mode: 0o700 })
  return {
    root,
    launcher: path.join(root, 'ropewalk'),
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      CALLS: calls,
      REAL_NODE: process.execPath,
      npm_execpath: npm,
    },
    readCalls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    write,
    exists: (file) => existsSync(path.join(root, file)),
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}
