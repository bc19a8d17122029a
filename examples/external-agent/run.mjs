/** Runs an idea through a playbook in which an agent outside writes the stories; ends with 1 when anything is wrong. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const HERE = import.meta.dirname
const ROOT = path.join(HERE, '..', '..')
const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-example-'))
const home = path.join(folder, 'home')
const playbook = path.join(folder, 'playbook')

/** Hands one agent of the playbook to the outside: another kind, and a capability of its own. */
const copyPlaybook = () => {
  cpSync(process.env['ROPEWALK_PLAYBOOK'] ?? path.join(ROOT, 'playbook'), playbook, { recursive: true })
  const file = path.join(playbook, 'agents', 'prd', 'story-cutter.md')
  const text = readFileSync(file, 'utf8')
    .replace('kind: model', 'kind: external')
    .replace('capability: model', 'capability: story-writer')
  writeFileSync(file, text)
}

const MAIN = path.join(ROOT, 'apps', 'ropewalk', 'src', 'main.ts')
const running = new Set()

const start = (file, args, env = {}) => {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ROPEWALK_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}
const ropewalk = (...args) => start(MAIN, args)

/** The lines of JSON that a process prints, once it has ended well. */
const readLines = async (child) => {
  const lines = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, `${child.spawnargs.slice(1).join(' ')} ended with ${child.exitCode}`)
  return lines
}

copyPlaybook()
try {
  const up = start(MAIN, ['up', '--json'], { ROPEWALK_PLAYBOOK: playbook, ROPEWALK_PORT: '0' })
  const [line] = await Promise.race([
    once(createInterface({ input: up.stdout }), 'line'),
    once(up, 'close').then(() => assert.fail('ropewalk up ended before it was ready')),
  ])
  const { url, tokenFile } = JSON.parse(line)
  const agent = start(path.join(HERE, 'agent.mjs'), [], {
    ROPEWALK_URL: url,
    ROPEWALK_TOKEN: readFileSync(tokenFile, 'utf8').trim(),
  })
  const idea = 'a link shortener with click counts'
  const [told, lines] = await Promise.all([
    readLines(agent),
    // A stranger's words go into the code; where there is no bubblewrap, that has to be allowed.
    readLines(ropewalk('run', idea, '--json', '--clarification', 'autonomous', '--unconfined')),
  ])

  const { taskId, stories } = told.at(-1)
  const result = lines.at(-1)
  assert.equal(result.status, 'succeeded')
  assert.notEqual(result.verdict, 'unverified')
  assert.equal(result.requirements.length, stories)
  const done = lines.find(({ type, data }) => type === 'task.completed' && data.taskId === taskId)
  assert.equal(done.data.tool, 'story-writer', 'the ledger names who did the task')
  const logs = await readLines(ropewalk('logs', result.runId, '--task', taskId, '--json'))
  assert.equal(logs.filter(({ text }) => text.startsWith('wrote a story')).length, stories)
  console.log(`ok: an agent outside wrote ${stories} stories; the run is ${result.verdict}`)
} finally {
  for (const child of running) {
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    await ended
  }
  await readLines(ropewalk('reset', '--yes', '--keys', '--json'))
  rmSync(folder, { recursive: true, force: true })
}
