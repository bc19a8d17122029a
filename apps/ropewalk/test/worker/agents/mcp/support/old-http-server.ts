import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'

type Message = { readonly id?: unknown; readonly method: string }

const readMessage = async (request: IncomingMessage): Promise<Message | undefined> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array))
  const text = Buffer.concat(parts).toString('utf8')
  return text === '' ? undefined : (JSON.parse(text) as Message)
}

const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'old', version: '0.9' },
  },
  'tools/list': { tools: [{ name: 'greet', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'good day' }] },
}

/** A server of the protocol of 2025 alone, with sessions, which answers by streams. `seen` has what it was asked. */
export const startOldHttpServer = async () => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const message = await readMessage(request)
      const session = request.headers['mcp-session-id']
      seen.push(
        `${request.method ?? ''} ${message?.method ?? '-'} ${session === undefined ? 'no session' : 's-1'}`,
      )
      const result = RESULTS[message?.method ?? '']
      if (request.method === 'DELETE') response.writeHead(204).end()
      else if (message?.method.startsWith('notifications/') === true) response.writeHead(202).end()
      else if (result === undefined || (session === undefined && message?.method !== 'initialize'))
        response.writeHead(400).end('no session')
      else
        response
          .writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's-1' })
          .end(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: message?.id, result })}\n\n`)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    seen,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
