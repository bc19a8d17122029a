'use strict'
// Runs npm, pnpm or a fetched program during set-up: output to the log, a HOME it can write to, signals handed on.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { setInstaller, throwIfInterrupted } = require('./interruption.cjs')
const { nameInLock } = require('./lock.cjs')
const { LOG, TOOLCHAIN } = require('./places.cjs')

/**
 * Runs `command` (its words) to its end, under the lock. Gives the exit code, what this command added to the log, and
 * its stdout if `capture` asks for that. Throws Interrupted, or the system's error when there is no such program.
 */
async function runInstaller(command, { cwd, env, capture = false }) {
  throwIfInterrupted()
  const logged = fs.existsSync(LOG) ? fs.statSync(LOG).size : 0
  const log = fs.openSync(LOG, 'a', 0o600)
  try {
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env,
      stdio: ['ignore', capture ? 'pipe' : log, log],
    })
    setInstaller(child)
    if (child.pid) nameInLock(child.pid)
    const { code, stdout } = await waitForEnd(child)
    throwIfInterrupted()
    return { code, stdout, log: fs.readFileSync(LOG).subarray(logged).toString() }
  } finally {
    setInstaller(undefined)
    fs.closeSync(log)
  }
}

function waitForEnd(child) {
  return new Promise((resolve, reject) => {
    let stdout = ''
    if (child.stdout) child.stdout.on('data', (chunk) => (stdout += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code === null ? 1 : code, stdout }))
  })
}

function canWrite(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK)
    return true
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EROFS', 'ENOTDIR', 'EPERM'].includes(error.code)) return false
    throw error
  }
}

/** The person's environment for an installer. Where HOME cannot hold its cache, a folder in .toolchain does. */
function makeInstallerEnvironment() {
  const env = { ...process.env }
  // "production" would leave out packages that the tests need.
  delete env.NODE_ENV
  const home = env.HOME
  if (home && canWrite(home)) return env

  env.HOME = path.join(TOOLCHAIN, 'home')
  fs.mkdirSync(env.HOME, { recursive: true })
  // Registry and passwords are still read from the real one.
  const settings = home ? path.join(home, '.npmrc') : ''
  if (settings && !env.NPM_CONFIG_USERCONFIG && fs.existsSync(settings)) env.NPM_CONFIG_USERCONFIG = settings
  for (const name of ['XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'npm_config_cache']) {
    delete env[name]
  }
  return env
}

module.exports = { makeInstallerEnvironment, runInstaller }
