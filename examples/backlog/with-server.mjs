/** What examples share that need a server of their own: the server, a project on the invoices, a worker in Python. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = path.join(import.meta.dirname, '..', '..')
const MAIN = path.join(ROOT, 'apps', 'ropewalk', 'src', 'main.ts')
const INVOICES = path.join(ROOT, 'examples', 'backlog', 'invoices.csv')
const PATIENCE_MS = 60_000

/** Ends with 0 where a program is missing, saying so: on such a machine there is nothing to check. */
export const endUnlessInstalled = (...programs) => {
  for (const program of programs) {
    if (spawnSync(program, ['--version']).status === 0) continue
    const why = `${program} is not installed`
    const notes = process.env['ROPEWALK_TEST_NOTES']
    if (notes !== undefined) appendFileSync(notes, `${why}\n`)
    console.log(`skipped because ${why}`)
    process.exit(0)
  }
}

/** Minutes of the invoices' rows that name a duration, by a column. */
export const readMinutes = (column) => {
  const [head, ...rows] = readFileSync(INVOICES, 'utf8')
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/"([^"]*)"|([^,]+)|(?<=,)(?=,)/gu)].map((cell) => cell[1] ?? cell[0]))
  const at = (name) => head.indexOf(name)
  return rows.map((row) => {
    const duration = row[at('Duration')]
    const hours = Number(/([\d.]+) h/u.exec(duration)?.[1] ?? 0)
    const minutes = Number(/(\d+) min/u.exec(duration)?.[1] ?? 0)
    return { of: row[at(column)], isGiven: duration !== '', minutes: hours * 60 + minutes }
  })
}

/**
 * Starts `ropewalk up` in a temporary home and hands over what talks to it; stops everything and removes it all
 * afterwards. `env` are settings of the server.
 */
export const withServer = async (env, work) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-example-'))
  const own = { PATH: process.env['PATH'], HOME: folder, ROPEWALK_HOME: path.join(folder, 'home') }
  const running = new Set()
  const start = (command, args, more) => {
    const child = spawn(command, args, { cwd: folder, env: more, stdio: ['ignore', 'pipe', 'inherit'] })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }
  const stop = async (child) => {
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
  }
  /** The last line of JSON that a process prints, once it has ended well. */
  const readLast = async (child) => {
    let last
    createInterface({ input: child.stdout }).on('line', (line) => (last = JSON.parse(line)))
    await once(child, 'close')
    assert.equal(child.exitCode, 0, `${child.spawnargs.slice(0, 3).join(' ')} ended with ${child.exitCode}`)
    return last
  }
  try {
    const up = start(process.execPath, [MAIN, 'up', '--json'], { ...own, ...env, ROPEWALK_PORT: '0' })
    const [line] = await Promise.race([
      once(createInterface({ input: up.stdout }), 'line'),
      once(up, 'close').then(() => assert.fail('ropewalk up ended before it was ready')),
    ])
    const { url, tokenFile } = JSON.parse(line)
    const token = readFileSync(tokenFile, 'utf8').trim()
    const ask = async (method, at, body, type = 'application/json') => {
      const response = await fetch(new URL(at, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const answer = await response.json()
      assert.ok(response.ok, `${method} ${at}: ${response.status} ${answer.code}: ${answer.detail}`)
      return answer
    }
    const until = async (find, what) => {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(200)) {
        const found = await find()
        if (found) return found
      }
      throw new Error(`${what} did not come about within ${PATIENCE_MS} ms`)
    }
    await work({
      url,
      token,
      ask,
      until,
      /** A worker in Python. It keeps the real HOME: that is where a Python of a person's own may be. */
      startPython: (file, more) =>
        start('python3', [file], { PATH: process.env['PATH'], HOME: process.env['HOME'], ...more }),
      readLast,
      /** A project of one task on the invoices, once somebody is there who can do it; the id of the task's item. */
      startProject: async (capability, title) => {
        await until(
          async () =>
            (await ask('GET', '/v1/workers')).items.some(
              ({ isAlive, capabilities }) => isAlive && capabilities.includes(capability),
            ),
          `a worker for ${capability}`,
        )
        const csv = readFileSync(INVOICES, 'utf8')
        const upload = await ask('POST', '/v1/uploads?name=invoices.csv', csv, 'text/csv')
        const { name, digest, recordsDigest, rows } = upload
        const { projectId } = await ask('POST', '/v1/projects', {
          request: title,
          template: null,
          clarification: 'autonomous',
          uploads: [{ name, digest, recordsDigest, rows }],
          items: [{ kind: 'task', title, capability }],
        })
        const { items } = await ask('GET', `/v1/projects/${projectId}/items`)
        return items[0].id
      },
    })
  } finally {
    for (const child of [...running].toReversed()) await stop(child)
    await readLast(start(process.execPath, [MAIN, 'reset', '--yes', '--keys', '--json'], own))
    rmSync(folder, { recursive: true, force: true })
  }
}
