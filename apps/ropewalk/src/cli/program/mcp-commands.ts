import type { Command } from 'commander'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, type Define } from './define.ts'

const USE = `
Have an agent's program start it: it speaks MCP on standard input and output, with the server of this home behind it.
Whose token counts: ROPEWALK_TOKEN, else the owner's own. Programs that speak MCP over HTTP need no command: /mcp.`

export const addMcpCommands = (program: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(program.command('mcp'))
    .description('MCP over standard input and output, for agents')
    .addHelpText('after', USE)
    .action(async (flags: CommonFlags) => {
      const { serveMcp } = await import('../commands/mcp.ts')
      setExit(await serveMcp(terminal, flags))
    })
}
