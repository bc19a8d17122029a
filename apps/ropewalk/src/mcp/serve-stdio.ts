import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { GetVisit } from './call.ts'
import { makeMcpServer, type McpServerSources } from './make-server.ts'

const getVisit: GetVisit = ({ mcpReq }) => ({ requestId: randomUUID(), signal: mcpReq.signal })

/**
 * Serves one client over a pair of streams until it closes its end or `signal` is aborted. Nothing but the protocol
 * is written to `output`. Calls under way are aborted then: nobody is there for their answers.
 */
export const serveMcpOverStdio = async (of: {
  readonly sources: Omit<McpServerSources, 'getVisit'>
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
  readonly onerror: (error: Error) => void
}): Promise<void> => {
  const { sources, input, output, signal, onerror } = of
  const ended = Promise.race([
    once(input, 'end', { signal }),
    once(input, 'close', { signal }),
    once(output, 'close', { signal }),
  ])
  const handle = serveStdio(() => makeMcpServer({ ...sources, getVisit }), {
    transport: new StdioServerTransport(input, output),
    onerror,
  })
  try {
    await ended
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await handle.close()
  }
}
