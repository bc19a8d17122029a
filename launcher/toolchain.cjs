'use strict'
// Node and pnpm in exactly the versions of toolchain.json. They come as npm packages that hold the bare programs, so
// no install script has to run, and through npm, so that the person's registry, proxy and certificates apply.

const fs = require('node:fs')
const path = require('node:path')
const { SetupError, explainInstaller, getThisCommand, say } = require('./explain.cjs')
const { runInstaller } = require('./installer.cjs')
const { Interrupted } = require('./interruption.cjs')
const { getNpmCommand, readNpmSettings } = require('./npm.cjs')
const { BIN, PLATFORM, ROOT, TOOLCHAIN, TOOLS } = require('./places.cjs')
const VERSIONS = require('./toolchain.json')

const PACKAGES = VERSIONS.platforms[PLATFORM]

function hasToolchain() {
  return fs.existsSync(path.join(BIN, 'node')) && fs.existsSync(path.join(BIN, 'pnpm'))
}

function checkPlatform() {
  if (PACKAGES) return
  const why = 'Linux (glibc) and macOS are supported'
  throw new SetupError('cannot run on ' + PLATFORM, { why, next: 'on Windows use WSL2' })
}

/**
 * A package.json and lock file for just the two programs, so that npm accepts no other bytes than the pinned ones.
 * Where no digest is pinned, npm still compares with the registry's own.
 */
function writeManifest(folder) {
  const head = { name: 'toolchain', version: '1.0.0' }
  const dependencies = {}
  const locked = { '': { ...head, dependencies } }
  for (const tool of ['node', 'pnpm']) {
    const { package: name, integrity } = PACKAGES[tool]
    const version = VERSIONS[tool]
    dependencies[name] = version
    locked['node_modules/' + name] = integrity ? { version, integrity } : { version }
  }
  const write = (file, value) => fs.writeFileSync(path.join(folder, file), JSON.stringify(value))
  write('package.json', { ...head, private: true, dependencies })
  write('package-lock.json', { ...head, lockfileVersion: 3, requires: true, packages: locked })
}

async function fetchTools(folder, env) {
  // A link, not a copy: registry passwords stay in the one file.
  const settings = path.join(ROOT, '.npmrc')
  if (fs.existsSync(settings)) fs.symlinkSync(settings, path.join(folder, '.npmrc'))
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--no-progress']
  // npm's own patience without a network lasts minutes.
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000']
  const command = [...getNpmCommand(), 'ci', '--prefix', folder, '--ignore-scripts', ...quiet, ...patience]
  return runInstaller(command, { cwd: folder, env })
}

function linkPrograms(folder) {
  fs.mkdirSync(path.join(folder, 'bin'))
  const link = (tool, program) =>
    fs.symlinkSync(
      path.join('../node_modules', PACKAGES[tool].package, program),
      path.join(folder, 'bin', tool),
    )
  link('node', 'bin/node')
  link('pnpm', 'pnpm')
}

/** Says so when a fetched program does not run here, as on a Linux without glibc. */
async function checkVersion(file, expected, env) {
  let found
  try {
    found = (await runInstaller([file, '--version'], { cwd: ROOT, env, capture: true })).stdout.trim()
  } catch (error) {
    if (error instanceof Interrupted) throw error
    found = error.message
  }
  if (found === expected) return
  throw new SetupError(`the fetched ${path.basename(file)} does not run here`, {
    why: `expected it to say ${expected}, got: ${found || 'nothing'} (glibc Linux and macOS are supported)`,
    next: 'on another system use a container or virtual machine with glibc, then ' + getThisCommand(),
  })
}

/** Fetches into a folder of its own and renames it when all is checked: what is there is whole. */
async function installToolchain(env) {
  const tools = `Node ${VERSIONS.node} and pnpm ${VERSIONS.pnpm}`
  const what = 'cannot fetch ' + tools
  say(`fetching ${tools} into .toolchain (once)`)
  const folder = fs.mkdtempSync(path.join(TOOLCHAIN, 'tmp-tools-'))
  try {
    // Another user may run what this one has set up.
    fs.chmodSync(folder, 0o755)
    writeManifest(folder)
    const { code, log } = await fetchTools(folder, env)
    if (code !== 0) throw explainInstaller(what, log, await readNpmSettings(env))
    linkPrograms(folder)
    await checkVersion(path.join(folder, 'bin', 'node'), 'v' + VERSIONS.node, env)
    await checkVersion(path.join(folder, 'bin', 'pnpm'), VERSIONS.pnpm, env)
    fs.rmSync(TOOLS, { recursive: true, force: true })
    fs.renameSync(folder, TOOLS)
  } catch (error) {
    if (error.code !== 'ENOENT' || !String(error.syscall).startsWith('spawn')) throw error
    const why = `npm was not found beside ${process.execPath} or on PATH`
    throw new SetupError(what, { why, next: 'install npm, then ' + getThisCommand() })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { checkPlatform, hasToolchain, installToolchain }
