import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findStep } from '../../src/service/drive-service.ts'
import type { Step } from '../../src/service/orders.ts'
import { inEachSandbox } from '../support.ts'
import { drive, get, writeNotes } from './support.ts'

/** Processes of this machine whose command line holds a word that nobody else uses. */
const listAlive = (word: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((line) => line.includes(word))

/** Services that must never be measured as if they were well, with what is said of them. */
const MISBEHAVING: Readonly<Record<string, readonly [string, RegExp]>> = {
  'ends at once': [`process.exit(3)`, /exit code 3 before it answered/u],
  'does not parse': [`const = `, /exit code 1 before it answered.*SyntaxError/su],
  'never listens': [`setInterval(() => {}, 1000)`, /did not answer on the port given in PORT/u],
  'listens on a port of its own': [
    writeNotes({ last: `server.listen(0, '127.0.0.1')` }),
    /did not answer on the port.*Something listens on port/u,
  ],
  'takes connections and says nothing': [
    `import { createServer } from 'node:net'
     createServer(() => {}).listen(process.env.PORT, '127.0.0.1')`,
    /did not answer on the port/u,
  ],
  'ends after it has started': [
    writeNotes({
      last: `server.listen(process.env.PORT, '127.0.0.1'); setTimeout(() => process.exit(4), 400)`,
    }),
    /exit code 4/u,
  ],
  'ends when it is asked': [
    writeNotes({ onRequest: `if (url === '/notes') process.exit(5)` }),
    /exit code 5 during list/u,
  ],
  'leaves the work to a child and ends': [
    `import { spawn } from 'node:child_process'
     if (process.argv[2] === 'child') {
       const { createServer } = await import('node:http')
       createServer((_, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1')
     } else {
       spawn(process.execPath, ['main.js', 'child'], { detached: true, stdio: 'ignore' }).unref()
       setTimeout(() => process.exit(0), 300)
     }`,
    /exit code 0/u,
  ],
}

/** Lines at the start of a service that tries to write its own measurement. */
const FORGERIES: Readonly<Record<string, string>> = {
  'a report in the place of ours': `
    import fs from 'node:fs'
    const reports = '../../reports/'
    const forge = () => {
      for (const name of fs.readdirSync(reports)) {
        const body = JSON.stringify({ services: [], steps: [], node: 'v1', machine: { cpus: 99, memoryMb: 1, platform: 'x' }, alone: true, browserTrouble: null, trouble: null }) + '\\n'
        fs.rmSync(reports + name, { force: true })
        fs.writeFileSync(reports + name, body + JSON.stringify({ type: 'seal', hmac: 'ab'.repeat(32) }) + '\\n')
      }
    }
    setInterval(forge, 5)`,
  'a link in the place of ours': `
    import fs from 'node:fs'
    setInterval(() => {
      for (const name of fs.readdirSync('../../reports/')) {
        fs.rmSync('../../reports/' + name, { force: true })
        fs.symlinkSync('/etc/passwd', '../../reports/' + name)
      }
    }, 5)`,
  'a signal that ends the driver': `setTimeout(() => process.kill(process.ppid, 'SIGKILL'), 200)`,
}

inEachSandbox('a driven service', (runConfined) => {
  test('is started, asked, restarted on its data, and gone afterwards', async () => {
    const word = `notes-${randomUUID()}`
    const { report, problem, confined } = await drive(
      writeNotes({ first: `process.title = '${word}'` }),
      [
        {
          type: 'request',
          id: 'add',
          service: 'after',
          method: 'POST',
          path: '/notes',
          headers: { 'content-type': 'application/json' },
          body: '{"title":"milk"}',
          saveAs: 'note',
        },
        get('read', '/notes/{{note.code|note.id}}'),
        { type: 'restart', id: 'restart', service: 'after' },
        get('again', '/notes/{{note.id}}'),
        get('unknown', '/notes/{{nobody.id}}'),
        { type: 'raw', id: 'raw', service: 'after', text: 'nonsense\r\n\r\n' },
        {
          type: 'series',
          id: 'series',
          services: ['after'],
          requests: [{ method: 'GET', path: '/' }],
          rounds: 3,
        },
      ],
      { runConfined },
    )
    expect(problem).toBeNull()
    expect(confined.exitCode).toBe(0)
    expect(findStep(report, 'read', 'request')).toMatchObject({
      status: 200,
      body: '{"id":"1","title":"milk"}',
    })
    expect(findStep(report, 'restart', 'restart')).toMatchObject({ heeded: true })
    expect(findStep(report, 'again', 'request')).toMatchObject({ status: 200 })
    expect(findStep(report, 'unknown', 'request')).toMatch(/needs nobody\.id/u)
    expect(findStep(report, 'raw', 'raw')).toMatchObject({ status: 400 })
    expect(findStep(report, 'series', 'series')).toMatchObject({ parts: [{ statuses: [200, 200, 200] }] })
    expect(report?.alone).toBe(true)
    await expect.poll(() => listAlive(word)).toEqual([])
  })

  test.each(Object.entries(FORGERIES))('cannot write its own measurement: %s', async (_, first) => {
    const word = `forger-${randomUUID()}`
    const { report, problem } = await drive(
      writeNotes({ first: `${first}\nprocess.title = '${word}'` }),
      [
        {
          type: 'series',
          id: 'series',
          services: ['after'],
          requests: [{ method: 'GET', path: '/' }],
          rounds: 200,
        },
        { type: 'raw', id: 'wait', service: 'after', text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' },
      ],
      { runConfined },
    )
    expect(report).toBeNull()
    expect(problem).toMatch(/seal|before it could report/u)
    // Also where the driver was ended and could end nothing itself.
    await expect.poll(() => listAlive(word)).toEqual([])
  })

  test('adds nothing to the measurement by writing into it', async () => {
    const { report, problem } = await drive(
      writeNotes({
        first: `
          import fs from 'node:fs'
          setInterval(() => {
            for (const name of fs.readdirSync('../../reports/'))
              fs.appendFileSync('../../reports/' + name, '{"services":[]}\\n'.repeat(100))
          }, 5)`,
      }),
      [
        {
          type: 'series',
          id: 'series',
          services: ['after'],
          requests: [{ method: 'GET', path: '/' }],
          rounds: 50,
        },
      ],
      { runConfined },
    )
    expect(problem).toBeNull()
    expect(report?.steps).toHaveLength(1)
  })

  test('cannot open a debugger in the driver', async () => {
    const { report, problem } = await drive(
      writeNotes({
        first: `
          let debugger_ = 'shut'
          process.kill(process.ppid, 'SIGUSR1')
          setTimeout(() => fetch('http://127.0.0.1:9229/json').then(() => { debugger_ = 'open' }, () => {}), 300)`,
        onRequest: `if (url === '/debugger') return send(200, debugger_)`,
      }),
      [
        { type: 'raw', id: 'wait', service: 'after', text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' },
        get('debugger', '/debugger'),
      ],
      { runConfined },
    )
    expect(problem).toBeNull()
    expect(findStep(report, 'debugger', 'request')).toMatchObject({ body: 'shut' })
  })

  test('leaves no process behind, whatever it started', async () => {
    const word = `leftover-${randomUUID()}`
    // Without a process namespace of its own only what keeps our mark can be found.
    const env = runConfined.name === 'runInBwrap' ? '{}' : 'process.env'
    const { problem } = await drive(
      writeNotes({
        first: `
          import { spawn } from 'node:child_process'
          const code = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)"
          for (let count = 0; count < 3; count += 1)
            spawn(process.execPath, ['-e', code, '${word}'], { detached: true, stdio: 'ignore', env: ${env} }).unref()
          process.on('SIGTERM', () => {})`,
      }),
      [get('home', '/'), { type: 'restart', id: 'restart', service: 'after' }],
      { runConfined },
    )
    expect(problem).toBeNull()
    await expect.poll(() => listAlive(word)).toEqual([])
  })

  test('that answers late, without end or in no language of ours fails that step and no other', async () => {
    const { report, problem } = await drive(
      writeNotes({
        onRequest: `
          if (url === '/late') return
          if (url === '/endless') {
            response.writeHead(200)
            const more = () => { while (response.write('x'.repeat(65536))); response.once('drain', more) }
            return more()
          }
          if (url === '/strange') return request.socket.end('HELLO\\r\\n\\r\\n')`,
      }),
      [get('late', '/late'), get('endless', '/endless'), get('strange', '/strange'), get('home', '/')],
      { runConfined },
    )
    expect(problem).toBeNull()
    expect(findStep(report, 'late', 'request')).toMatch(/no complete answer within 1000 ms/u)
    expect(findStep(report, 'endless', 'request')).toMatchObject({ truncated: true })
    expect(typeof findStep(report, 'strange', 'request')).toBe('string')
    expect(findStep(report, 'home', 'request')).toMatchObject({ status: 200 })
  })
})

test('a service that died is started again for the steps that are left, where that is asked for', async () => {
  const { report, problem } = await drive(
    writeNotes({ onRequest: `if (url === '/die') process.exit(7)` }),
    [get('die', '/die'), get('home', '/')],
    { revive: true },
  )
  expect(problem).toBeNull()
  expect(report?.services[0]?.deaths).toEqual([{ step: 'die', how: 'ended with exit code 7' }])
  expect(findStep(report, 'home', 'request')).toMatchObject({ status: 200 })
})

test.each(Object.entries(MISBEHAVING))('a service that %s is a problem', async (_, [main, said]) => {
  const wait: Step = {
    type: 'raw',
    id: 'wait',
    service: 'after',
    text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  }
  const { problem } = await drive(main, [get('list', '/notes'), get('home', '/'), wait], {
    startTimeoutMs: 1500,
  })
  expect(problem).toMatch(said)
})
