'use strict'
// Runs a program under the fetched Node, as if it had been started in the launcher's place.

const { spawn } = require('node:child_process')
const path = require('node:path')
const { SetupError, fail, getThisCommand } = require('./explain.cjs')
const { SIGNALS, dieBy } = require('./interruption.cjs')
const { BIN, TOOLCHAIN } = require('./places.cjs')

/**
 * Runs Node with `args` on our stdin, stdout and stderr; its exit code, or the signal it ended by, becomes ours.
 *
 * Every signal is passed on. Nothing tells a process whether a signal was meant for it alone (`kill PID`) or for its
 * whole group (Ctrl-C, `timeout`, a service manager); in the second case the program has it already and gets it twice.
 * It takes the second of two that come together for an echo: see apps/ropewalk/src/cli/interrupts.ts.
 */
function runProgram(args, options) {
  const child = spawn(path.join(BIN, 'node'), args, { ...options, stdio: 'inherit' })
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    const next = `delete ${TOOLCHAIN}, then ${getThisCommand()}`
    fail(new SetupError('cannot start the fetched Node', { why: error.message, next }))
  })
  child.on('exit', (code, signal) => {
    if (signal) dieBy(signal)
    else process.exit(code)
  })
}

/** The environment in which `node` and `pnpm` are the fetched ones, for programs that start them by name. */
function makeToolEnvironment() {
  return { ...process.env, PATH: BIN + path.delimiter + (process.env.PATH || '') }
}

module.exports = { makeToolEnvironment, runProgram }
