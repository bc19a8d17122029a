import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { makeToolsServer } from './tools-server.ts'

export type HttpServer = {
  readonly url: string
  readonly seen: readonly IncomingHttpHeaders[]
  /** Answers everything with a redirect to that address from now on. */
  readonly redirectTo: (url: string) => void
  readonly stop: () => Promise<void>
}

const makeRequest = async (url: string, request: IncomingMessage): Promise<Request> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array))
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  const method = request.method ?? 'GET'
  return new Request(url, { method, headers, ...(method === 'POST' ? { body: Buffer.concat(parts) } : {}) })
}

/** A real MCP server over Streamable HTTP on a free loopback port, which wants this token. */
export const startHttpServer = async (token: string): Promise<HttpServer> => {
  const handler = createMcpHandler(() => makeToolsServer({ secret: token, environment: [], home: '' }))
  const seen: IncomingHttpHeaders[] = []
  let target: string | undefined
  const server = createServer((request, response) => {
    seen.push(request.headers)
    if (target !== undefined) {
      response.writeHead(307, { location: target }).end()
      return
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end()
      return
    }
    void (async () => {
      const answer = await handler.fetch(await makeRequest(`http://127.0.0.1${request.url ?? '/'}`, request))
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      for await (const chunk of answer.body ?? []) response.write(chunk)
      response.end()
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    seen,
    redirectTo: (url) => {
      target = url
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
