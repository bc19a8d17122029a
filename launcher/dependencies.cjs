'use strict'
// The packages of pnpm-lock.yaml, installed by the fetched pnpm. A stamp in node_modules says which lock file they are of.

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { explainInstaller, say } = require('./explain.cjs')
const { runInstaller } = require('./installer.cjs')
const { readNpmSettings } = require('./npm.cjs')
const { BIN, PLATFORM, ROOT, TOOLCHAIN, findText } = require('./places.cjs')

const STAMP = path.join(ROOT, 'node_modules', '.ropewalk-installed')

/** Names the lock file and the platform: a checkout shared between two systems installs for each. */
function makeStamp() {
  const lock = fs.readFileSync(path.join(ROOT, 'pnpm-lock.yaml'))
  return createHash('sha256').update(lock).digest('hex') + ' ' + PLATFORM + '\n'
}

function hasDependencies() {
  return findText(STAMP) === makeStamp() && fs.existsSync(path.join(ROOT, 'apps/ropewalk/node_modules'))
}

/** pnpm's name of an npm setting, where it differs. */
const PNPM_NAMES = { userconfig: 'npmrc_auth_file', 'https-proxy': 'https_proxy', 'strict-ssl': 'strict_ssl' }

/**
 * The environment for pnpm. It reads npm's settings files but not npm's environment variables and flags: `settings`
 * hands those over by name. What the person has set for pnpm itself wins.
 */
function makePnpmEnvironment(env, settings) {
  const defaults = {
    // Without a network its own patience lasts over a minute before it says so.
    pnpm_config_fetch_retries: '2',
    pnpm_config_fetch_retry_mintimeout: '1000',
    pnpm_config_fetch_retry_maxtimeout: '10000',
  }
  for (const [name, value] of Object.entries(settings)) {
    const isMissingFile = name === 'userconfig' && !fs.existsSync(value)
    if (!isMissingFile) defaults['pnpm_config_' + (PNPM_NAMES[name] || name)] = value
  }
  // Packages can only be linked within one file system; elsewhere pnpm would start a store where it finds room.
  if (fs.statSync(env.HOME).dev !== fs.statSync(ROOT).dev) {
    defaults.pnpm_config_store_dir = path.join(TOOLCHAIN, 'store')
  }
  return {
    ...defaults,
    ...env,
    PATH: BIN + path.delimiter + (env.PATH || ''),
    // The lock file pins every byte; its age was judged when it was written, not on each user's clock.
    pnpm_config_minimum_release_age: '0',
    pnpm_config_confirm_modules_purge: 'false',
  }
}

/** Installs exactly what the lock file says. The stamp comes last: without it the next start installs again. */
async function installDependencies(env) {
  say('installing the packages of pnpm-lock.yaml')
  const settings = await readNpmSettings(env)
  const stamp = makeStamp()
  const command = [path.join(BIN, 'pnpm'), 'install', '--frozen-lockfile', '--reporter=append-only']
  const { code, log } = await runInstaller(command, { cwd: ROOT, env: makePnpmEnvironment(env, settings) })
  if (code !== 0) throw explainInstaller('cannot install the packages of pnpm-lock.yaml', log, settings)
  fs.writeFileSync(STAMP + '.next', stamp)
  fs.renameSync(STAMP + '.next', STAMP)
}

module.exports = { hasDependencies, installDependencies }
