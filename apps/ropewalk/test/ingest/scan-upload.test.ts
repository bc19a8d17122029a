import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { expect, test, vi } from 'vitest'
import { scanUpload } from '../../src/ingest/scan-upload.ts'

const BYTES = Buffer.from('Task,Minutes\nCall,5\n')

const node = (script: string): string[] => [process.execPath, '-e', script]

const scan = async (argv: readonly string[], bytes = BYTES, timeoutMs = 10_000): Promise<unknown> =>
  scanUpload(bytes, { argv, timeoutMs }).then(
    () => 'clean',
    (error: unknown) => {
      expect(error).toBeInstanceOf(RopewalkError)
      const { code, details } = error as RopewalkError
      return [code, details['scan']]
    },
  )

test('a file is clean when the scanner, given its bytes, exits with 0', async () => {
  const script = `let n = 0; process.stdin.on('data', (b) => (n += b.length)).on('end', () => process.exit(n === ${BYTES.length} ? 0 : 1))`
  expect(await scan(node(script))).toBe('clean')
})

test('a file is refused at exit 1, and as not scanned at any other end', async () => {
  expect(await scan(node('process.exit(1)'))).toEqual(['FORBIDDEN', 'refused'])
  expect(await scan(node('process.exit(2)'))).toEqual(['FORBIDDEN', 'not-scanned'])
  expect(await scan(node("process.kill(process.pid, 'SIGKILL')"))).toEqual(['FORBIDDEN', 'not-scanned'])
  expect(await scan(['no-such-scanner-anywhere'])).toEqual(['FORBIDDEN', 'not-scanned'])
  expect(await scan([''])).toEqual(['FORBIDDEN', 'not-scanned'])
})

/** Gone, or ended and not yet collected by whoever adopted it. */
const isStopped = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return !isAlive(pid)
    throw error
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

test('a scanner that does not end is ended, with what it started, and the file is not scanned', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-scan-'))
  const file = path.join(folder, 'pids')
  const script = 'sleep 60 & echo $$ $! > "$1"; wait'
  expect(await scan(['sh', '-c', script, 'sh', file], BYTES, 1000)).toEqual(['FORBIDDEN', 'not-scanned'])
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  expect(pids).toHaveLength(2)
  await vi.waitFor(() => {
    expect(pids.map(isStopped)).toEqual([true, true])
  })
  rmSync(folder, { recursive: true })
})

test('a scanner that ends before it has read everything has its say all the same', async () => {
  const large = Buffer.alloc(8_000_000, 0x61)
  expect(await scan(node('process.exit(1)'), large)).toEqual(['FORBIDDEN', 'refused'])
  expect(await scan(node('process.stdin.destroy(); process.exit(0)'), large)).toBe('clean')
})

test('a scanner sees nothing of our environment and no shell reads its words', async () => {
  process.env['ROPEWALK_SECRET_OF_TEST'] = 'x'
  const script = `process.exit(process.env.ROPEWALK_SECRET_OF_TEST === undefined && process.argv[1] === '$(id); *' ? 0 : 1)`
  expect(await scan([...node(script), '$(id); *'])).toBe('clean')
  delete process.env['ROPEWALK_SECRET_OF_TEST']
})
