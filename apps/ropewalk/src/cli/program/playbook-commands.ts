import type { Command } from 'commander'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, type Define } from './define.ts'

const FOLDER = 'a playbook, a project or its playbook folder; without one, what runs from here use'

/** `playbook …`. */
export const addPlaybookCommands = (program: Command, { terminal, setExit }: Define): void => {
  const playbook = program
    .command('playbook')
    .description('how runs go: phases, agents, checks; yours lie in .ropewalk/playbook')
  addCommonFlags(playbook.command('init'))
    .description('make .ropewalk/playbook here, with an example that changes nothing yet')
    .action(async (flags: CommonFlags) => {
      const { init } = await import('../commands/playbook.ts')
      setExit(await init(terminal, flags))
    })
  addCommonFlags(playbook.command('check'))
    .description('tell every fault with path, line, column and what to change')
    .argument('[dir]', FOLDER)
    .action(async (folder: string | undefined, flags: CommonFlags) => {
      const { check } = await import('../commands/playbook.ts')
      setExit(await check(terminal, folder, flags))
    })
  addCommonFlags(playbook.command('diff'))
    .description('tell what a project changes, phase by phase and agent by agent')
    .argument('[dir]', FOLDER)
    .action(async (folder: string | undefined, flags: CommonFlags) => {
      const { diff } = await import('../commands/playbook.ts')
      setExit(await diff(terminal, folder, flags))
    })
}
