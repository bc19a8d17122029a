/** Has a worker in Python do an item over Redis Streams, and looks at its result; ends with 1 when anything is wrong. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { endUnlessInstalled, readMinutes, withServer } from '../backlog/with-server.mjs'

endUnlessInstalled('python3', 'redis-server')

const findFreePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return String(port)
}

const dir = mkdtempSync(path.join(tmpdir(), 'ropewalk-redis-'))
const port = await findFreePort()
const redis = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', dir, '--save', ''], {
  stdio: 'ignore',
})
const ended = once(redis, 'exit')
try {
  const settings = { ROPEWALK_BUS: 'redis', ROPEWALK_REDIS_URL: `redis://127.0.0.1:${port}` }
  await withServer(settings, async ({ ask, until, startPython, readLast, startProject }) => {
    const worker = startPython(path.join(import.meta.dirname, 'worker.py'), { REDIS_PORT: port })
    const [told, itemId] = await Promise.all([
      readLast(worker),
      startProject('longest_record', 'The record that took longest'),
    ])
    const longest = Math.max(...readMinutes('Ticket').map(({ minutes }) => minutes))
    assert.deepEqual([told.minutes, told.result], [longest, 'approved'])
    const item = await until(async () => {
      const found = await ask('GET', `/v1/items/${itemId}`)
      return found.status === 'done' && found
    }, 'the item that is done')
    assert.deepEqual(
      item.work.map(({ taskId, attempt, status }) => [taskId, attempt, status]),
      [[told.taskId, 1, 'completed']],
    )
    const started = item.history.filter(({ type }) => type === 'WORK.ITEM_STARTED')
    assert.deepEqual(
      started.map(({ data }) => data.worker),
      ['python-redis-1'],
      'the ledger says once who began the work',
    )
    console.log(`ok: a worker in Python found the longest of 60 records: ${longest} minutes`)
  })
} finally {
  redis.kill('SIGTERM')
  await ended
  rmSync(dir, { recursive: true, force: true })
}
