import type { Command } from 'commander'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, type Define } from './define.ts'

/** `mcp-servers …`. */
export const addMcpServersCommands = (program: Command, { terminal, setExit }: Define): void => {
  const servers = program
    .command('mcp-servers')
    .description(
      'outside MCP servers whose tools agents may call; they stand in mcp-servers.yaml of the home',
    )
  addCommonFlags(servers.command('list'))
    .description('what is registered, never a value of a variable or header')
    .action(async (flags: CommonFlags) => {
      const { list } = await import('../commands/mcp-servers.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(servers.command('check'))
    .description('connect to one, and tell its tools, how long it took and what is wrong')
    .argument('<name>', 'name of the server in the file')
    .action(async (name: string, flags: CommonFlags) => {
      const { check } = await import('../commands/mcp-servers.ts')
      setExit(await check(terminal, name, flags))
    })
}
