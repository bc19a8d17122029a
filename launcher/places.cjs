'use strict'
// Where the launcher keeps things. All of it lies inside the checkout; `node_modules` and `.toolchain` are ignored by git.

const fs = require('node:fs')
const path = require('node:path')
const { node, pnpm } = require('./toolchain.json')

/** Node has resolved links by now: this is the real checkout, also when `ropewalk` was started through a link. */
const ROOT = path.dirname(__dirname)
const PLATFORM = process.platform + '-' + process.arch

const TOOLCHAIN = path.join(ROOT, '.toolchain')
/** Named after what it holds, so that a new version is another folder and never a mixture. */
const TOOLS = path.join(TOOLCHAIN, `node-${node}-pnpm-${pnpm}-${PLATFORM}`)
const BIN = path.join(TOOLS, 'bin')
const LOG = path.join(TOOLCHAIN, 'setup.log')

/** The file's text, or undefined when there is no such file (or, under /proc, no such process). */
function findText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(error.code)) return undefined
    throw error
  }
}

module.exports = { BIN, LOG, PLATFORM, ROOT, TOOLCHAIN, TOOLS, findText }
