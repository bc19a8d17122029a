import { createInterface } from 'node:readline'

/**
 * A program that knows the protocol of 2025 alone and ends when anything but `initialize` comes first; with
 * `--silent` it passes over that, and writes a greeting that is no message.
 */
const isSilent = process.argv.includes('--silent')
if (isSilent) process.stdout.write('Tools server, ready to serve.\n')
let isReady = false
const answer = (id: unknown, result: unknown) => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line) as { id?: unknown; method: string }
  if (method === 'initialize') {
    isReady = true
    answer(id, {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'old', version: '0.9 beta' },
    })
    return
  }
  if (!isReady && isSilent) return
  if (!isReady) process.exit(1)
  if (method === 'tools/list')
    answer(id, {
      tools: [
        { name: 'greet', description: 'Greets.', inputSchema: { type: 'object', properties: {} } },
        { name: 'odd', inputSchema: { type: 'object', properties: { 'a b': { type: 'string' } } } },
      ],
    })
  if (method === 'tools/call') answer(id, { content: [{ type: 'text', text: 'good day' }] })
})
