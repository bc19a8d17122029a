import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Stands between a client and a server, and can lose what the server answers. */
export type DeafProxy = {
  readonly port: number
  /** The next answer is cut off, with its connection, after the server has done what it was asked. */
  loseNextAnswer(): void
  close(): Promise<void>
}

export const startDeafProxy = async (serverPort: number): Promise<DeafProxy> => {
  const sockets = new Set<Socket>()
  let isDeaf = false
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      // A connection that breaks is what this is for; its end is what counts.
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (isDeaf) client.destroy()
      else client.write(data)
      isDeaf = false
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    loseNextAnswer: () => {
      isDeaf = true
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
