import { makeStdioTransport } from '../../../../../src/worker/agents/mcp/stdio-transport.ts'

// Holds a program that does not heed the end of its input, until somebody kills this process.
const transport = makeStdioTransport({
  argv: [process.execPath, '-e', 'console.error("up"); setInterval(() => undefined, 1000)'],
  env: { MARKER: process.argv[2] ?? '' },
  cwd: '/',
})
await transport.start()
const timer = setInterval(() => {
  if (transport.getComplaint() !== 'up') return
  clearInterval(timer)
  process.stdout.write('holding\n')
  setInterval(() => undefined, 1000)
}, 20)
