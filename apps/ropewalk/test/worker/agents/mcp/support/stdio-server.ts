import { spawn } from 'node:child_process'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { makeToolsServer } from './tools-server.ts'

// A helper that outlives its parent unless somebody ends the whole group; it says so by its number.
if (process.env['HELPER'] === '1') {
  const helper = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' })
  process.stderr.write(`helper ${helper.pid}\n`)
}
if (process.argv.includes('--broken')) {
  process.stderr.write(`cannot start with ${process.env['API_TOKEN'] ?? 'nothing'}\n`)
  process.exit(1)
}
serveStdio(() =>
  makeToolsServer({
    secret: process.env['API_TOKEN'] ?? 'none',
    environment: Object.keys(process.env).toSorted(),
    home: process.env['HOME'] ?? '',
  }),
)
