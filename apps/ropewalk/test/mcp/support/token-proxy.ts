import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'

export type TokenProxy = { readonly url: string; readonly stop: () => Promise<void> }

/**
 * A loopback server that hands every request on with a token, for programs that cannot send one. What names this
 * proxy itself, in `Host` and `Origin`, names the target then; every other name stays as it is.
 */
export const startTokenProxy = async (target: { port: number; token: string }): Promise<TokenProxy> => {
  let own = 0
  const rename = (value: string | undefined): string | undefined =>
    value?.endsWith(`:${own}`) === true ? `${value.slice(0, -String(own).length)}${target.port}` : value
  const server = createServer((incoming, outgoing) => {
    const { host, origin, ...headers } = incoming.headers
    const sent = forward(
      {
        host: '127.0.0.1',
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: {
          ...headers,
          host: rename(host),
          ...(origin === undefined ? {} : { origin: rename(origin) }),
          authorization: `Bearer ${target.token}`,
        },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    sent.on('error', () => outgoing.destroy())
    outgoing.on('close', () => sent.destroy())
    incoming.pipe(sent)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  own = address.port
  return {
    url: `http://127.0.0.1:${own}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
