import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runHook } from '../../src/notify/run-hook.ts'
import { SAMPLE } from './support/sample.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'hook-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const at = (name: string) => path.join(dir, name)

/** Runs `program` as a hook; `OUT` in it is the test's folder. */
const hook = (program: string, timeoutMs = 10_000) => {
  writeFileSync(at('hook.mjs'), program.replaceAll('OUT', JSON.stringify(dir)))
  return runHook(SAMPLE, {
    argv: [process.execPath, at('hook.mjs'), '$(touch pwned)', 'a b'],
    environment: { PATH: process.env['PATH'] ?? '', HOME: dir, LANG: 'C.UTF-8' },
    timeoutMs,
  })
}

const readPid = (name: string): number => Number(readFileSync(at(name), 'utf8'))

/** Whether a process is there and is not a zombie that nobody has waited for yet. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const expectGone = async (pid: number): Promise<void> => {
  expect(pid).toBeGreaterThan(1)
  for (let tries = 0; tries < 40 && isAlive(pid); tries += 1) await sleep(25)
  expect(isAlive(pid)).toBe(false)
}

const IMPORTS = `
import { spawn } from 'node:child_process'
import { writeFileSync, readFileSync } from 'node:fs'
`

describe('a command hook', () => {
  test('is told on its input, in arguments no shell reads, and with nothing of our environment but four names', async () => {
    process.env['OPENAI_API_KEY'] = 'a key that no hook may see'
    try {
      const delivery = await hook(`${IMPORTS}
        const said = readFileSync(0, 'utf8')
        writeFileSync(OUT + '/told', JSON.stringify({ said, args: process.argv.slice(2), env: process.env, cwd: process.cwd() }))`)
      expect(delivery).toEqual({ outcome: 'sent' })
    } finally {
      delete process.env['OPENAI_API_KEY']
    }
    const told = JSON.parse(readFileSync(at('told'), 'utf8')) as Record<string, unknown>
    expect(told['args']).toEqual(['$(touch pwned)', 'a b'])
    expect(told['env']).toEqual({
      PATH: process.env['PATH'],
      HOME: dir,
      LANG: 'C.UTF-8',
      QUESTION_LINK: SAMPLE.link,
    })
    expect(told['cwd']).toBe('/')
    expect(JSON.parse(String(told['said']))).toEqual(SAMPLE)
    expect(String(told['said']).split('\n')).toHaveLength(2)
  })

  test('that fails is reported by its exit code and its first line, cleaned', async () => {
    const delivery = await hook(
      String.raw`process.stderr.write('no \u001b[31mbus\u0007\nsecond line'); process.exitCode = 3`,
    )
    expect(delivery).toEqual({ outcome: 'failed', reason: 'it ended with exit code 3: no  [31mbus' })
  })

  test('that is not there, or dies by a signal, has failed', async () => {
    const absent = await runHook(SAMPLE, { argv: ['/no/such/program'], environment: {} })
    expect(absent).toEqual({ outcome: 'failed', reason: 'it could not be started (ENOENT)' })
    expect(await hook(`process.kill(process.pid, 'SIGABRT')`)).toEqual({
      outcome: 'failed',
      reason: 'it ended by SIGABRT',
    })
  })

  test('that hangs and ignores signals is ended when its time is up', async () => {
    const startedAt = performance.now()
    const delivery = await hook(
      `${IMPORTS}
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
      writeFileSync(OUT + '/pid', String(process.pid))
      setInterval(() => undefined, 1000)`,
      800,
    )
    expect(delivery).toEqual({ outcome: 'failed', reason: 'it was ended after 800 ms' })
    expect(performance.now() - startedAt).toBeLessThan(4000)
    await expectGone(readPid('pid'))
  })

  test('is ended together with its children, also those with a session and pipes of their own', async () => {
    const delivery = await hook(
      `${IMPORTS}
      const stay = 'setInterval(() => undefined, 1000)'
      const near = spawn(process.execPath, ['-e', stay], { stdio: 'inherit' })
      const far = spawn(process.execPath, ['-e', stay], { detached: true, stdio: 'inherit' })
      writeFileSync(OUT + '/near', String(near.pid))
      writeFileSync(OUT + '/far', String(far.pid))
      setInterval(() => undefined, 1000)`,
      1500,
    )
    expect(delivery).toMatchObject({ outcome: 'failed' })
    await expectGone(readPid('near'))
    await expectGone(readPid('far'))
  })

  test('leaves nothing behind when it ends by itself', async () => {
    const delivery = await hook(`${IMPORTS}
      const far = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { detached: true, stdio: 'ignore' })
      far.unref()
      writeFileSync(OUT + '/far', String(far.pid))
      setTimeout(() => process.exit(0), 300)`)
    expect(delivery).toEqual({ outcome: 'sent' })
    await expectGone(readPid('far'))
  })

  test('that floods its output and reads nothing is let finish, and little of it is kept', async () => {
    const delivery = await hook(`${IMPORTS}
      const flood = 'y'.repeat(1024 * 1024)
      for (let n = 0; n < 20; n += 1) { process.stdout.write(flood); process.stderr.write(flood) }
      process.exitCode = 1`)
    expect(delivery).toMatchObject({ outcome: 'failed' })
    expect(JSON.stringify(delivery).length).toBeLessThan(400)
    expect(existsSync(at('pwned'))).toBe(false)
  })
})
