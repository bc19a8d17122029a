import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfinedRequest, RunConfined } from '@ropewalk/guards/guard'
import { findSandbox, type Sandbox } from '../../../src/worker/confine/find-sandbox.ts'
import { needs } from '../../support/needs.ts'
import { makeRunConfined } from '../../../src/worker/confine/run-confined.ts'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const noSandbox = (): Promise<Sandbox> => Promise.resolve({ available: false, reason: 'none here.' })
const found = await findSandbox()

let root = ''
let work = ''
let keys = ''

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'ropewalk-confine-'))
  work = path.join(root, 'work')
  keys = path.join(root, 'keys')
  mkdirSync(work)
  mkdirSync(keys)
  writeFileSync(path.join(keys, 'key'), 'secret')
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const ask = (script: string, more: Partial<ConfinedRequest> = {}): ConfinedRequest => ({
  argv: ['node', '-e', script],
  cwd: work,
  timeoutMs: 50_000,
  maxOutputBytes: 100_000,
  ...more,
})

const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !stat.includes(') Z ')
  } catch {
    return false
  }
}

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const ignoresTerm = `process.on('SIGTERM', () => {}); process.on('SIGINT', () => {}); setInterval(() => {}, 1000)`

/** What holds with a sandbox and without one. */
const bothWays = (makeRun: () => RunConfined) => {
  it('gives back exit code and output', async () => {
    const got = await makeRun()(ask(`console.log('out'); console.error('err'); process.exit(3)`))
    expect(got).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      truncated: false,
    })
    expect(got.argv[0]).toBe('node')
  })

  it('hands over standard input and the variables asked for, and no others', async () => {
    process.env['ROPEWALK_TEST_SECRET'] = 'do not show'
    const script = `let s = ''; process.stdin.on('data', (d) => (s += d)).on('end', () => console.log(JSON.stringify([s, process.env])))`
    const got = await makeRun()(ask(script, { stdin: 'hello', env: { PORT: '8080' } }))
    const [stdin, env] = JSON.parse(got.stdout) as [string, Record<string, string>]
    expect(stdin).toBe('hello')
    const names = Object.keys(env).filter((name) => !['PWD', 'ROPEWALK_COMMAND'].includes(name))
    expect(names.toSorted()).toEqual(['HOME', 'LANG', 'PATH', 'PORT', 'TMPDIR'])
  })

  it('ends a program that ignores SIGTERM when its time is up', async () => {
    const got = await makeRun()(ask(ignoresTerm, { timeoutMs: 700 }))
    expect(got).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true })
  })

  it('drops output above the cap and lets the program finish', async () => {
    const got = await makeRun()(ask(`console.log('x'.repeat(5000))`, { maxOutputBytes: 1000 }))
    expect(got).toMatchObject({ exitCode: 0, truncated: true })
    expect(got.stdout).toHaveLength(1000)
  })

  it('ends a program that floods its output', async () => {
    const script = `const b = Buffer.alloc(1 << 16, 120); const f = () => { while (process.stdout.write(b)); process.stdout.once('drain', f) }; f()`
    const got = await makeRun()(ask(script, { maxOutputBytes: 1000 }))
    expect(got).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false, truncated: true })
    expect(got.stderr).toContain('bytes of output')
  })

  it('ends a fork bomb', async () => {
    const script = `const { spawn } = require('node:child_process'); for (let i = 0; i < 400; i++) spawn('sleep', ['30'], { detached: true }).on('error', () => {}); setInterval(() => {}, 1000)`
    const got = await makeRun()(ask(script))
    expect(got).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false })
    expect(got.stderr).toContain('processes')
  })

  it('ends a program that takes more memory than it may', async () => {
    const script = `const all = []; setInterval(() => all.push(Buffer.alloc(32 << 20, 1)), 5)`
    const got = await makeRun()(ask(script, { memoryMb: 400 }))
    expect(got.exitCode).not.toBe(0)
    expect(got.timedOut).toBe(false)
  })

  it('says so when there is no such program', async () => {
    const got = await makeRun()(ask('', { argv: ['no-such-program'] }))
    expect(got.exitCode).not.toBe(0)
    expect(got.stderr).toContain('no-such-program')
  })

  it('refuses a folder that is protected, lies around one, or is a link to one', async () => {
    const link = path.join(work, 'link')
    symlinkSync(keys, link)
    for (const folder of [keys, root, link]) {
      const asked = makeRun()(ask('', { mounts: [{ path: folder, write: false }] }))
      await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    rmSync(link)
  })

  it('writes into its own folder', async () => {
    await makeRun()(ask(`require('node:fs').writeFileSync('made.txt', 'yes')`))
    expect(readFileSync(path.join(work, 'made.txt'), 'utf8')).toBe('yes')
  })
}

describe('without a sandbox', () => {
  const makeRun = () =>
    makeRunConfined({ mode: 'allowed-without', protectedDirs: [keys], log: quiet, findSandbox: noSandbox })

  it('refuses to run where that was not allowed', async () => {
    const run = makeRunConfined({ mode: 'required', protectedDirs: [], log: quiet, findSandbox: noSandbox })
    await expect(run(ask(''))).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' })
  })

  it('says in the result that it ran unconfined', async () => {
    expect((await makeRun()(ask(''))).confined).toBe('no')
  })

  it('leaves nothing behind, not even a process in a session of its own', async () => {
    const script = `const c = require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }); c.unref(); console.log(c.pid)`
    const got = await makeRun()(ask(script))
    await sleepMs(100)
    expect(isAlive(Number(got.stdout))).toBe(false)
  })

  bothWays(makeRun)
})

describe.skipIf(!needs('bwrap') || !found.available)('in bubblewrap', () => {
  const makeRun = () => makeRunConfined({ mode: 'required', protectedDirs: [keys], log: quiet })

  it('says in the result that it was confined', async () => {
    expect((await makeRun()(ask(''))).confined).toBe('yes')
  })

  it('sees none of the host files', async () => {
    const script = `const fs = require('node:fs'); console.log(JSON.stringify([${JSON.stringify(path.join(keys, 'key'))}, '/etc/shadow', '/etc/hostname', '/root', '/home', '/var', '/sys', '/run'].filter((f) => fs.existsSync(f))))`
    expect((await makeRun()(ask(script))).stdout).toBe('[]\n')
  })

  it('cannot write the system, its kernel settings or a read-only folder', async () => {
    const shown = path.join(root, 'shown')
    mkdirSync(shown, { recursive: true })
    const script = `const fs = require('node:fs'); const out = []
      for (const f of ['/usr/x', '/etc/hosts', '/proc/sys/kernel/core_pattern', ${JSON.stringify(path.join(shown, 'x'))}])
        try { fs.writeFileSync(f, 'x'); out.push(f) } catch {}
      console.log(JSON.stringify(out))`
    const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8')
    const got = await makeRun()(ask(script, { mounts: [{ path: shown, write: false }] }))
    expect(got.stdout).toBe('[]\n')
    expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before)
    expect(existsSync(path.join(shown, 'x'))).toBe(false)
  })

  it('sees only its own processes', async () => {
    const got = await makeRun()(
      ask(`console.log(require('node:fs').readdirSync('/proc').filter(Number).length)`),
    )
    expect(Number(got.stdout)).toBeLessThan(6)
  })

  it('reaches no listener of the host', async () => {
    const server = createServer((socket) => socket.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const script = `for (const host of ['127.0.0.1', '169.254.169.254', '1.1.1.1']) require('node:net').connect({ host, port: ${port}, timeout: 1000 }).on('error', (e) => console.log(e.code)).on('connect', () => console.log('reached'))`
    const got = await makeRun()(ask(script))
    server.close()
    expect(got.stdout.trim().split('\n')).toHaveLength(3)
    expect(got.stdout).not.toContain('reached')
  })

  it('has a loopback of its own for a service and its tests', async () => {
    const script = `const s = require('node:http').createServer((q, r) => r.end('pong')).listen(8080, 'localhost', async () => { console.log(await (await fetch('http://localhost:8080')).text()); s.close() })`
    expect((await makeRun()(ask(script))).stdout).toBe('pong\n')
  })

  it('leaves no process behind, daemons included', async () => {
    const seconds = '12.3456'
    const script = `require('node:child_process').spawn('sleep', ['${seconds}'], { detached: true, stdio: 'ignore' }).unref()`
    const got = await makeRun()(ask(script))
    expect(got.exitCode).toBe(0)
    await sleepMs(200)
    const left = (await import('node:fs')).readdirSync('/proc').filter((pid) => {
      if (!Number(pid)) return false
      const file = `/proc/${pid}/cmdline`
      return existsSync(file) && readFileSync(file, 'latin1').includes(seconds)
    })
    expect(left).toEqual([])
  })

  it('ends when the signal is aborted, with its reason', async () => {
    const abort = new AbortController()
    const run = makeRunConfined({ mode: 'required', protectedDirs: [], log: quiet, signal: abort.signal })
    setTimeout(() => {
      abort.abort(new Error('superseded'))
    }, 300)
    await expect(run(ask(ignoresTerm))).rejects.toThrow('superseded')
  })

  it('is refused rather than run outside when it cannot be set up', async () => {
    const gone = mkdtempSync(path.join(root, 'gone-'))
    const run = makeRunConfined({
      mode: 'allowed-without',
      protectedDirs: [],
      log: quiet,
      findSandbox: async () => {
        const sandbox = await findSandbox()
        rmSync(gone, { recursive: true })
        return sandbox
      },
    })
    await expect(run(ask('', { cwd: gone }))).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' })
  })

  bothWays(makeRun)
})
