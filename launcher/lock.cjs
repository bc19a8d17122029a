'use strict'
// One set-up at a time. The lock is a folder with an `owner` file that names the processes at work, the launcher and
// its installer, so that what a kill -9 left behind is recognised by the next start and nobody has to clean up.

const { randomBytes } = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { say } = require('./explain.cjs')
const { throwIfInterrupted } = require('./interruption.cjs')
const { TOOLCHAIN, findText } = require('./places.cjs')

const LOCK = path.join(TOOLCHAIN, 'lock')
const OWNER = path.join(LOCK, 'owner')
const POLL_MS = 250

/** How long a lock of another machine or container is trusted: its processes cannot be seen from here. */
const STRANGER_MS = 15 * 60_000

/** Process ids are used again; with its start time (Linux tells it) an id names one process. */
function getIdentity(pid) {
  const stat = process.platform === 'linux' ? findText(`/proc/${pid}/stat`) : undefined
  const startedAt = stat === undefined ? '' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return pid + ':' + startedAt
}

function isAlive(identity) {
  const pid = Number(identity.split(':')[0])
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code === 'ESRCH') return false
    if (error.code !== 'EPERM') throw error
  }
  return getIdentity(pid) === identity
}

function makeOwner(pids) {
  return JSON.stringify({ host: os.hostname(), processes: pids.map(getIdentity) })
}

/** Adds the installer to the lock we hold: it outlives a launcher that is killed alone. */
function nameInLock(installerPid) {
  const next = path.join(LOCK, 'next')
  fs.writeFileSync(next, makeOwner([process.pid, installerPid]))
  fs.renameSync(next, OWNER)
}

/** Whether the lock was free and is ours now. It is moved into place complete, so that a lock never lacks its owner. */
function takeLock() {
  const mine = fs.mkdtempSync(path.join(TOOLCHAIN, 'tmp-lock-'))
  fs.writeFileSync(path.join(mine, 'owner'), makeOwner([process.pid]))
  try {
    fs.renameSync(mine, LOCK)
    return true
  } catch (error) {
    fs.rmSync(mine, { recursive: true, force: true })
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

/** Gives the folder the lock was moved to. Emptied in place, it could be filled by another start meanwhile. */
function moveLockAside() {
  const aside = path.join(TOOLCHAIN, 'tmp-stale-' + randomBytes(6).toString('hex'))
  fs.renameSync(LOCK, aside)
  return aside
}

function releaseLock() {
  fs.rmSync(moveLockAside(), { recursive: true, force: true })
}

/** The lock's owner, or undefined when it is free now: nobody holds it, or those who did are gone. */
function findHolder() {
  const text = findText(OWNER)
  if (text === undefined) return undefined
  try {
    const owner = JSON.parse(text)
    const isHeld =
      owner.host === os.hostname()
        ? owner.processes.some(isAlive)
        : Date.now() - fs.statSync(LOCK).mtimeMs < STRANGER_MS
    if (isHeld) return owner
    const aside = moveLockAside()
    // Another start may have done the same a moment ago and taken the lock: then what we moved is its own.
    if (findText(path.join(aside, 'owner')) !== text) fs.renameSync(aside, LOCK)
    else fs.rmSync(aside, { recursive: true, force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  return undefined
}

/** Runs `work` under the lock, or nothing when `isDone` turns true while another start holds it. */
async function underLock(isDone, work) {
  fs.mkdirSync(TOOLCHAIN, { recursive: true })
  let isTold = false
  while (!takeLock()) {
    const holder = findHolder()
    if (holder && !isTold) {
      isTold = true
      say(`another start is setting up (process ${holder.processes[0].split(':')[0]}), waiting`)
    }
    await new Promise((resolve) => setTimeout(resolve, holder ? POLL_MS : 0))
    throwIfInterrupted()
    if (isDone()) return
  }
  try {
    await work()
  } finally {
    releaseLock()
  }
}

module.exports = { nameInLock, underLock }
