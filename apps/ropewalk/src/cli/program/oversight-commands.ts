import { InvalidArgumentError, Option, type Command } from 'commander'
import type { AuditFlags } from '../commands/audit.ts'
import type { PolicyFlags } from '../commands/policy.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, parseCount, type Define } from './define.ts'

const parseRetention = (value: string): string => {
  if (!/^(?:permanent|[1-9]\d{0,4}d)$/u.test(value))
    throw new InvalidArgumentError('Expected permanent, or days such as 90d.')
  return value
}

/** What people look at who watch over a workspace: sessions, the audit, the data policy. */
export const addOversightCommands = (program: Command, { terminal, setExit }: Define): void => {
  const session = program.command('session').description('which agents are alive, and what runs them')
  addCommonFlags(session.command('list'))
    .description('the sessions of all agents')
    .action(async (flags: CommonFlags) => {
      const { list } = await import('../commands/session.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(session.command('show'))
    .description('the session of one agent, and who writes into it')
    .argument('<agent>', 'name of the agent')
    .action(async (agent: string, flags: CommonFlags) => {
      const { show } = await import('../commands/session.ts')
      setExit(await show(terminal, agent, flags))
    })
  const audit = program.command('audit').description('who did what, why, and who was refused')
  addCommonFlags(audit.command('list'))
    .description('lines of the audit, the newest first')
    .option('--actor <name>', 'by this one only')
    .option('--operation <name>', 'of this operation only, such as update_thread_status')
    .option('--thread <thread>', 'about this thread only')
    .option('--result <code>', 'ok, or the error code it was refused with')
    .option('--limit <count>', 'the most to show', parseCount, 50)
    .action(async (flags: AuditFlags) => {
      const { list } = await import('../commands/audit.ts')
      setExit(await list(terminal, flags))
    })
  const policy = program.command('policy').description('how long messages are kept, and what is masked')
  addCommonFlags(policy.command('show'))
    .description('the data policy of the workspace')
    .action(async (flags: CommonFlags) => {
      const { show } = await import('../commands/policy.ts')
      setExit(await show(terminal, flags))
    })
  addCommonFlags(policy.command('set'))
    .description('change the data policy of the workspace')
    .option('--retention <time>', 'permanent, or days such as 90d', parseRetention)
    .addOption(new Option('--redaction <state>', 'mask what looks like a secret').choices(['on', 'off']))
    .requiredOption('--reason <words>', 'why, for the audit')
    .action(async (flags: PolicyFlags) => {
      const { set } = await import('../commands/policy.ts')
      setExit(await set(terminal, flags))
    })
}
