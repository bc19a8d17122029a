'use strict'
// The one-time set-up as a whole: toolchain, then packages, under the lock. Every step can be cut off and done again.

const fs = require('node:fs')
const path = require('node:path')
const { hasDependencies, installDependencies } = require('./dependencies.cjs')
const { explainFileError } = require('./explain.cjs')
const { makeInstallerEnvironment } = require('./installer.cjs')
const { holdingSignals } = require('./interruption.cjs')
const { underLock } = require('./lock.cjs')
const { LOG, PLATFORM, TOOLCHAIN, TOOLS } = require('./places.cjs')
const { checkPlatform, hasToolchain, installToolchain } = require('./toolchain.cjs')

/** Younger ones may belong to a start that is just about to ask for the lock. */
const OLD_LOCK_MS = 60_000

/** Deletes what a killed set-up or a former version left behind. */
function sweep() {
  for (const name of fs.readdirSync(TOOLCHAIN)) {
    const file = path.join(TOOLCHAIN, name)
    const isLeftover = /^tmp-(tools|stale)-/.test(name)
    const isFormer = name.startsWith('node-') && name.endsWith(PLATFORM) && file !== TOOLS
    const isOldLock = name.startsWith('tmp-lock-') && Date.now() - fs.statSync(file).mtimeMs > OLD_LOCK_MS
    if (isLeftover || isFormer || isOldLock) fs.rmSync(file, { recursive: true, force: true })
  }
}

async function setUp() {
  sweep()
  fs.rmSync(LOG, { force: true })
  const env = makeInstallerEnvironment()
  if (!hasToolchain()) await installToolchain(env)
  if (!hasDependencies()) await installDependencies(env)
}

/** Sets up what is missing. Where nothing is, it only reads. Throws SetupError and Interrupted. */
async function ensureReady() {
  const isReady = () => hasToolchain() && hasDependencies()
  if (isReady()) return
  checkPlatform()
  try {
    await holdingSignals(() => underLock(isReady, setUp))
  } catch (error) {
    throw explainFileError(error)
  }
}

module.exports = { ensureReady }
