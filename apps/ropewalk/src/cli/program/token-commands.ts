import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import type { Role, TokenKind } from '@ropewalk/core/access/roles'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { CreateFlags, ListFlags, RevokeFlags, RotateFlags } from '../commands/token.ts'
import { addCommonFlags, type Define } from './define.ts'

const ROLES: readonly Role[] = ['participant', 'coordinator', 'auditor', 'operator']
const KINDS: readonly TokenKind[] = ['operator', 'agent', 'worker', 'automation']

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

const isUnit = (unit: string | undefined): unit is keyof typeof UNITS => unit !== undefined && unit in UNITS

/** Seconds, from a number with a unit. */
const parseTime = (value: string): number => {
  const [, count, unit] = /^(\d{1,9})([smhd])$/u.exec(value) ?? []
  if (count !== undefined && isUnit(unit)) return Number(count) * UNITS[unit]
  throw new InvalidArgumentError('Expected a time such as 90s, 30m, 12h or 30d.')
}

const collectScope = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value.split(/[\s,]+/u).filter((scope) => scope !== ''),
]

const WHY = 'why, for the audit'

const SCOPES = `
Scopes narrow a token to some of what its role may do: ${Object.keys(PERMISSIONS).join(', ')}.
The token alone goes to standard output; nothing shows it again.`

/** `token …`: who may call this server, as whom, and for how long. */
export const addTokenCommands = (program: Command, { terminal, setExit }: Define): void => {
  const token = program.command('token').description('tokens of agents, workers, programs and people')
  addCommonFlags(token.command('create'))
    .description('make a token; it is shown this once')
    .requiredOption('--agent <name>', 'as whom its holder acts and speaks')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory(true))
    .addOption(
      new Option('--kind <kind>', 'who holds it; operator for the role operator, else agent').choices(KINDS),
    )
    .option('--scope <names>', 'of that only these; by commas, may be repeated', collectScope)
    .option('--expires <time>', 'how long it can be renewed, such as 30d (the default)', parseTime)
    .option('--ttl <time>', 'how long one token is good, such as 1h (the default)', parseTime)
    .option('--session <id>', 'the session it speaks for; one is made up without it')
    .option('--name <words>', 'what it is called in lists')
    .addHelpText('after', SCOPES)
    .action(async (flags: CreateFlags) => {
      const { create } = await import('../commands/token.ts')
      setExit(await create(terminal, flags))
    })
  addCommonFlags(token.command('list'))
    .description('for whom there are tokens, the newest first; never a token itself')
    .option('--all', 'also what was revoked or has ended')
    .action(async (flags: ListFlags) => {
      const { list } = await import('../commands/token.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(token.command('revoke'))
    .description('end a grant and all its tokens, at once and everywhere')
    .argument('<grant>', 'its id, or any end or beginning of it; with --issuer the jti of a token')
    .requiredOption('--reason <words>', WHY)
    .option('--issuer <name>', 'a token of this other issuer')
    .action(async (reference: string, flags: RevokeFlags) => {
      const { revoke } = await import('../commands/token.ts')
      setExit(await revoke(terminal, reference, flags))
    })
  addCommonFlags(token.command('rotate-key'))
    .description('sign tokens with a new key from now on')
    .requiredOption('--reason <words>', WHY)
    .option('--retire-older', 'end every token that was signed with the keys before')
    .action(async (flags: RotateFlags) => {
      const { rotateKey } = await import('../commands/token.ts')
      setExit(await rotateKey(terminal, flags))
    })
}
