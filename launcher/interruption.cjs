'use strict'
// A signal during set-up: the installer is told, what is half done is tidied up, then the launcher ends by that signal.

const os = require('node:os')

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Rises through the set-up like any error, so that every `finally` on the way does its tidying. */
class Interrupted extends Error {
  constructor(signal) {
    super('interrupted by ' + signal)
    this.signal = signal
  }
}

let arrived
let installer

/** Runs `work` with signals held back until it has ended. Installers and waits throw Interrupted meanwhile. */
async function holdingSignals(work) {
  const note = (signal) => {
    arrived = signal
    if (installer) installer.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, note)
  try {
    await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, note)
  }
}

function throwIfInterrupted() {
  if (arrived) throw new Interrupted(arrived)
}

/** Names the process that a signal is handed to; undefined when none runs. */
function setInstaller(child) {
  installer = child
}

/** Ends this process by `signal`, so that a shell or npm sees why it ended. */
function dieBy(signal) {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // As process 1 of a container a signal sent to oneself does nothing: then the customary exit code.
  setTimeout(() => process.exit(128 + os.constants.signals[signal]), 1000)
}

module.exports = { Interrupted, SIGNALS, dieBy, holdingSignals, setInstaller, throwIfInterrupted }
