import { InvalidArgumentError, type Command } from 'commander'
import type { DoctorFlags } from '../commands/doctor.ts'
import type { ResetFlags } from '../commands/reset.ts'
import type { UpFlags } from '../commands/up.ts'
import { BACKLOG_CAPABILITIES } from '../roles.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, addWorkFlags, parseCount, parsePort, type Define } from './define.ts'

const STOPPING = `
Ctrl-C or SIGTERM ends it in order within 10 s: no new tasks, short work is finished, the rest handed back at once.
A second one ends it at once; leases then run out by themselves.`

const CAPABILITIES = `
With --capability it does work of backlogs alone: ${BACKLOG_CAPABILITIES.join(', ')},
or a capability of yours, which is done as generic is. Without, it does the tasks of runs.`

const parseNames = (value: string): readonly string[] => {
  const names = [...new Set(value.split(',').map((name) => name.trim()))]
  if (names.every((name) => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/u.test(name)) && names.length <= 20) return names
  throw new InvalidArgumentError('Expected names, up to 20, with commas between them.')
}

const ABOUT = {
  up: 'the API and workers of this home, until you stop them',
  serve: 'the API and timers only; tasks are done by workers elsewhere',
  worker: 'a worker only, on the same database (DATABASE_URL) as a server elsewhere',
  relay: 'the relay only: publishes the ledger on the bus, lets in and checks what comes from there',
} as const

const addUpCommands = (program: Command, { terminal, setExit }: Define): void => {
  for (const name of ['up', 'serve', 'worker', 'relay'] as const) {
    const command = addWorkFlags(program.command(name))
      .description(ABOUT[name])
      .addHelpText('after', STOPPING)
    if (name === 'up' || name === 'serve')
      command
        .option('--port <port>', 'port of the API (ROPEWALK_PORT, 18080); 0 takes any free one', parsePort)
        .option('--host <address>', 'address to listen on (ROPEWALK_HOST, 127.0.0.1)')
    if (name === 'up' || name === 'worker')
      command.option('--concurrency <count>', 'tasks worked on at once', parseCount)
    if (name === 'worker')
      command
        .option('--capability <names>', 'work of backlogs that asks for one of these, by commas', parseNames)
        .addHelpText('after', CAPABILITIES)
    command.action(async (flags: UpFlags) => {
      const { stayUp } = await import('../commands/up.ts')
      setExit(await stayUp(terminal, name, flags))
    })
  }
}

const addSecretCommands = (program: Command, { terminal, setExit }: Define): void => {
  const secret = program
    .command('secret')
    .description('values that agents get only where their file names them')
  addCommonFlags(secret.command('set'))
    .description('keep a secret; the value is read from standard input or asked for')
    .argument('<name>', 'name of the secret')
    .action(async (name: string, flags: CommonFlags) => {
      const { set } = await import('../commands/secret.ts')
      setExit(await set(terminal, name, flags))
    })
  addCommonFlags(secret.command('list'))
    .description('names of the secrets, never a value')
    .action(async (flags: CommonFlags) => {
      const { list } = await import('../commands/secret.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(secret.command('rm'))
    .description('remove a secret')
    .argument('<name>', 'name of the secret')
    .action(async (name: string, flags: CommonFlags) => {
      const { remove } = await import('../commands/secret.ts')
      setExit(await remove(terminal, name, flags))
    })
}

const addKeyCommands = (program: Command, { terminal, setExit }: Define): void => {
  const keys = program.command('keys').description('the keys that sign dossiers and the ledger')
  addCommonFlags(keys.command('show'))
    .description('the public key, for those who verify')
    .action(async (flags: CommonFlags) => {
      const { show } = await import('../commands/keys.ts')
      setExit(await show(terminal, flags))
    })
  addCommonFlags(keys.command('rotate'))
    .description('sign with a new key from now on; older ones still verify')
    .action(async (flags: CommonFlags) => {
      const { rotate } = await import('../commands/keys.ts')
      setExit(await rotate(terminal, flags))
    })
}

/** Servers, secrets, keys, and care for the home. */
export const addHouseCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  addUpCommands(program, define)
  addSecretCommands(program, define)
  addKeyCommands(program, define)
  addWorkFlags(program.command('doctor'))
    .description('look at everything that is needed, and tell the fix of what is missing')
    .option('--unconfined', 'judge as for runs without a sandbox')
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('../commands/doctor.ts')
      setExit(await doctor(terminal, flags))
    })
  addCommonFlags(program.command('migrate'))
    .description('bring the database to this release; up and run do it by themselves')
    .action(async (flags: CommonFlags) => {
      const { migrate } = await import('../commands/migrate.ts')
      setExit(await migrate(terminal, flags))
    })
  addCommonFlags(program.command('reset'))
    .description('stop the server and remove database, runs and dossiers of this home')
    .option('--keys', 'remove keys and secrets too; older dossiers are then nobody’s')
    .action(async (flags: ResetFlags) => {
      const { reset } = await import('../commands/reset.ts')
      setExit(await reset(terminal, flags))
    })
}
