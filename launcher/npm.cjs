'use strict'
// The npm of this machine: where it is, and what the person has set in it (registry, proxy, certificates).

const fs = require('node:fs')
const path = require('node:path')
const { runInstaller } = require('./installer.cjs')
const { ROOT } = require('./places.cjs')

const SETTINGS = ['registry', 'proxy', 'https-proxy', 'noproxy', 'cafile', 'strict-ssl', 'userconfig']

/** npm as the words of a command: the one that started us, else the one beside this Node, else that on PATH. */
function getNpmCommand() {
  const beside = path.join(path.dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  for (const file of [process.env.npm_execpath, beside]) {
    // Under pnpm or yarn the first is not npm.
    if (file && path.basename(file) === 'npm-cli.js' && fs.existsSync(file)) return [process.execPath, file]
  }
  return ['npm']
}

/**
 * npm's settings that are set, wherever it found them: files, environment, flags of `npm start`. It does not tell a
 * proxy that contains a password; that one is taken from the environment, where `npm start` puts it.
 */
async function readNpmSettings(env) {
  const command = [...getNpmCommand(), 'config', 'ls', '--json', '--no-update-notifier']
  const { code, stdout } = await runInstaller(command, { cwd: ROOT, env, capture: true })
  const found = code === 0 ? JSON.parse(stdout) : {}
  for (const [key, value] of Object.entries(env)) {
    if (/^npm_config_/i.test(key)) found[key.slice(11).toLowerCase().replace(/_/g, '-')] = value
  }
  const isSet = (name) => found[name] !== undefined && found[name] !== null && found[name] !== ''
  return Object.fromEntries(SETTINGS.filter(isSet).map((name) => [name, String(found[name])]))
}

module.exports = { getNpmCommand, readNpmSettings }
