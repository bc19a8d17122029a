import { Writable } from 'node:stream'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { RopewalkError } from '@ropewalk/core/errors'
import { findServerUrl } from '../connect.ts'
import { readApiToken } from '../home.ts'
import { withInterrupt } from '../interrupts.ts'
import { makeMethodApi } from '../method-api.ts'
import { openLog, readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

/**
 * Serves MCP to the program that started this one, over standard input and output, with what the live server of
 * this home does. Standard output belongs to the protocol alone.
 */
export const serveMcp = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const config = await readSettings(terminal, flags)
  const { home } = config
  const { stdin: input, stdout: output } = terminal
  if (!(output instanceof Writable))
    throw new RopewalkError('INVARIANT_BROKEN', 'Standard output is no stream of Node.')
  if ((await findServerUrl(home)) === undefined)
    throw makeTrouble({
      code: 'DRAINING',
      what: 'no server of this home is running',
      why: `MCP over standard input and output needs one to speak to (home ${home})`,
      next: 'Start one with ./ropewalk up, or name its home with --home.',
      exit: EXIT.unreachable,
    })
  const log = await openLog(config)
  const { callMethod, readIsOpen } = makeMethodApi({
    token: config.token ?? readApiToken(home),
    findUrl: () => findServerUrl(home),
  })
  const isOpen = await readIsOpen()
  const { serveMcpOverStdio } = await import('../../mcp/serve-stdio.ts')
  await withInterrupt(({ signal }) =>
    serveMcpOverStdio({
      sources: {
        methods: METHOD_CONTRACTS,
        isOpen,
        callMethod,
        noteFault: (err, { operation, requestId }) => {
          log.error({ err, operation, requestId }, err.code)
        },
      },
      input,
      output,
      signal,
      onerror: (err) => {
        log.debug({ err }, 'MCP refused a message')
      },
    }),
  )
  return EXIT.ok
}
