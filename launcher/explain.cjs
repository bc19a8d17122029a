'use strict'
// What the launcher tells a person, always on stderr: a line of progress, or what failed, why, and what to do next.

const fs = require('node:fs')
const path = require('node:path')
const { LOG, ROOT } = require('./places.cjs')

const EXIT_FAILURE = 1
const EXIT_USAGE = 64
const EXIT_UNREACHABLE = 69

/** A set-up that cannot go on: `message` says what, `why` the cause, `next` the command to try. */
class SetupError extends Error {
  constructor(message, { why, next, exitCode = EXIT_FAILURE }) {
    super(message)
    this.why = why
    this.next = next
    this.exitCode = exitCode
  }
}

function say(line) {
  process.stderr.write(`ropewalk: ${line}\n`)
}

/** Ends the launcher with what, why and next. Any other error is a mistake of ours and shows its stack. */
function fail(error) {
  if (!(error instanceof SetupError)) throw error
  say(`${error.message}\n  why:  ${error.why}\n  next: ${error.next}`)
  process.exit(error.exitCode)
}

/** How this start is repeated: in the words the person used. */
function getThisCommand() {
  const script = process.env.npm_lifecycle_event
  if (script) return ['npm', ...(['start', 'test'].includes(script) ? [script] : ['run', script])].join(' ')
  const launcher = path.join(ROOT, 'ropewalk')
  const isHere = path.relative(process.cwd(), launcher) === 'ropewalk'
  return [isHere ? './ropewalk' : launcher, ...process.argv.slice(2, 3)].join(' ')
}

function hidePasswords(text) {
  return text.replace(/\/\/[^/@\s]*@/g, '//***@')
}

const NO_SPACE = /ENOSPC|No space left/
const NOT_WRITABLE = /EACCES|EPERM|EROFS|[Pp]ermission denied|[Rr]ead-only file system/
const UNREACHABLE = new RegExp(
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EIDLETIMEOUT/,
    /ERR_SOCKET|FETCH_ERROR|\bE(40\d|5\d\d)\b|HTTP [45]\d\d|CERT|certificate/,
    /network|dns error|error sending request|[Cc]onnect|timed out/,
  ]
    .map((part) => part.source)
    .join('|'),
)

/** The first line that matches `cause`, else the last one that says anything; without the installer's decoration. */
function findTellingLine(log, cause) {
  const lines = log
    .split('\n')
    .map((line) => line.replace(/^(npm (error|ERR!)|\[(WARN|ERROR)\]|[\s×╰─▶│✕]+)\s*/g, '').trim())
    .filter((line) => line !== '' && !/^(code|errno|syscall|type|A complete log|.*-debug-\d)/.test(line))
  const line = lines.find((each) => cause && cause.test(each)) || lines[lines.length - 1] || 'no message'
  return hidePasswords(line.slice(0, 300))
}

/**
 * The SetupError for an installer that failed. `log` is what it wrote, `settings` npm's own (see npm.cjs), named when
 * the registry was not reached: a wrong proxy is the usual cause there, and nobody remembers having set one.
 */
function explainInstaller(what, log, settings) {
  const retry = getThisCommand()
  if (NO_SPACE.test(log)) {
    return new SetupError(what, { why: 'the disk is full', next: 'free some space, then ' + retry })
  }
  if (UNREACHABLE.test(log)) {
    const { HTTPS_PROXY, https_proxy } = process.env
    const proxy = settings['https-proxy'] || settings.proxy || HTTPS_PROXY || https_proxy
    const where = (settings.registry || 'the npm registry') + (proxy ? ' through the proxy ' + proxy : '')
    return new SetupError(what, {
      why: `wanted to reach ${hidePasswords(where)}, but: ${findTellingLine(log, UNREACHABLE)}`,
      next: `check the network (npm ping), proxy or registry (npm config list), then ${retry}`,
      exitCode: EXIT_UNREACHABLE,
    })
  }
  if (NOT_WRITABLE.test(log)) {
    const why = findTellingLine(log, NOT_WRITABLE)
    return new SetupError(what, { why, next: 'make that path yours, then ' + retry })
  }
  return new SetupError(what, { why: `${findTellingLine(log)} (all of it: ${LOG})`, next: retry })
}

/** The SetupError for a file of ours that could not be written; any other error as it is. */
function explainFileError(error) {
  const what = 'cannot set up in ' + ROOT
  if (error.code === 'ENOSPC') return explainInstaller(what, error.code, {})
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return error
  const owner = 'user ' + fs.statSync(ROOT).uid
  return new SetupError(what, {
    why: `user ${process.getuid()} may not write ${error.path || ROOT} (${error.code}); the folder belongs to ${owner}`,
    next: `clone into a folder of your own, or run ${getThisCommand()} once as ${owner}`,
  })
}

module.exports = { EXIT_USAGE, SetupError, explainFileError, explainInstaller, fail, getThisCommand, say }
