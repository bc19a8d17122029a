import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { z } from 'zod'
import type { ProgramHome, Started } from '../../support/program.ts'
import { connectClient, type Connected, type Era } from './clients.ts'

export const MAIN = path.resolve(import.meta.dirname, '../../../src/main.ts')

/** Longer than the first start of a database takes beside other tests. */
const START_MS = 120_000

const Up = z.looseObject({ type: z.literal('up'), url: z.url(), tokenFile: z.string() })

export type Served = {
  readonly url: string
  readonly ownerToken: string
  /** A token for an agent, issued by the owner. */
  readonly issue: (agentId: string, role: string) => Promise<string>
  readonly stop: () => Promise<void>
}

const readUp = async ({ getStdout, ended }: Started): Promise<z.infer<typeof Up>> => {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const until = performance.now() + START_MS
  while (performance.now() < until && !isOver) {
    const line = getStdout()
      .split('\n')
      .find((each) => each.startsWith('{"type":"up"'))
    if (line !== undefined) return Up.parse(JSON.parse(line))
    await sleep(100)
  }
  throw new Error(`the server did not start: ${isOver ? (await ended).stderr : getStdout()}`)
}

/** Starts the program's server for a home and waits until it answers. */
export const serveHome = async (home: ProgramHome): Promise<Served> => {
  const started = home.start(['serve', '--json'])
  const { url, tokenFile } = await readUp(started)
  const ownerToken = readFileSync(tokenFile, 'utf8').trim()
  return {
    url,
    ownerToken,
    issue: async (agentId, role) => {
      const response = await fetch(`${url}/v1/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ agentId, role }),
      })
      return z.looseObject({ token: z.string() }).parse(await response.json()).token
    },
    stop: async () => {
      started.child.kill('SIGTERM')
      await started.ended
    },
  }
}

/** A client of the official library that starts `ropewalk mcp` itself. */
export const connectStdio = (
  { env, folder }: Pick<ProgramHome, 'env' | 'folder'>,
  of: { readonly era: Era; readonly token?: string },
): Promise<Connected & { readonly transport: StdioClientTransport }> => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'mcp'],
    cwd: folder,
    env: { ...env, ...(of.token === undefined ? {} : { ROPEWALK_TOKEN: of.token }) },
    stderr: 'pipe',
  })
  return connectClient(transport, of.era).then((connected) => ({ ...connected, transport }))
}
