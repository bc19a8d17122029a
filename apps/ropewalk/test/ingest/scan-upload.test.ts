import { RopewalkError } from '@ropewalk/core/errors'
import { expect, test } from 'vitest'
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

test('a scanner that does not end is ended, with what it started, and the file is not scanned', async () => {
  const startedAt = performance.now()
  expect(await scan(['sh', '-c', 'sleep 60 & wait'], BYTES, 300)).toEqual(['FORBIDDEN', 'not-scanned'])
  expect(performance.now() - startedAt).toBeLessThan(5000)
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
