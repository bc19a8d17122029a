/** Runs an idea offline, verifies its dossier, exports it, starts the service that came out; ends with 1 when wrong. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = path.join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-example-'))
const target = path.join(folder, 'link-shortener')
const START_MS = 10_000

/** One command of Ropewalk in a home of this example; gives the lines of JSON that it printed. */
const ropewalk = async (...args) => {
  const main = path.join(ROOT, 'apps', 'ropewalk', 'src', 'main.ts')
  const child = spawn(process.execPath, [main, ...args, '--json'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      ROPEWALK_HOME: path.join(folder, 'home'),
      // Empty is as good as unset: the playbook with all its phases, a run of which takes about a minute.
      ROPEWALK_PLAYBOOK: process.env['ROPEWALK_PLAYBOOK'] ?? '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, `ropewalk ${args.join(' ')} ended with ${child.exitCode}`)
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

const findFreePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** The service answers, or it never will. */
const waitForService = async (url) => {
  for (const until = Date.now() + START_MS; ; await sleep(100)) {
    try {
      return await fetch(url)
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

let service
try {
  const idea = 'a link shortener with click counts'
  const run = (await ropewalk('run', idea, '--clarification', 'autonomous')).at(-1)
  assert.equal(run.status, 'succeeded')
  assert.notEqual(run.verdict, 'unverified')
  assert.ok(run.requirements.length > 0)

  const [verified] = await ropewalk('dossier', 'verify', run.dossier)
  assert.equal(verified.standing, 'authentic')
  assert.deepEqual(verified.faults, [])

  await ropewalk('runs', 'export', run.runId, '--to', target)
  const code = path.join(target, 'code')
  // The same as `npm start`, with the Node that runs this example.
  const { scripts } = JSON.parse(readFileSync(path.join(code, 'package.json'), 'utf8'))
  const [, ...args] = scripts.start.split(' ')
  const port = await findFreePort()
  service = spawn(process.execPath, args, {
    cwd: code,
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  assert.equal((await waitForService(`${url}/healthz`)).status, 200)

  const stored = await fetch(`${url}/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://example.com/a' }),
  })
  assert.equal(stored.status, 201)
  const { code: short } = await stored.json()
  const followed = await fetch(`${url}/${short}`, { redirect: 'manual' })
  assert.equal(followed.headers.get('location'), 'https://example.com/a')
  console.log(`ok: ${run.requirements.length} requirements, ${run.verdict}; the service shortens links`)
} finally {
  if (service !== undefined && service.exitCode === null) {
    const ended = once(service, 'close')
    service.kill('SIGTERM')
    await ended
  }
  await ropewalk('reset', '--yes', '--keys')
  rmSync(folder, { recursive: true, force: true })
}
