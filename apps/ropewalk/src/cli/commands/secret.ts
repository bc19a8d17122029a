import { listSecretNames, readSecretValue, removeSecret, setSecret } from '../../secrets/secrets.ts'
import { makePrivateFolder } from '../../store/keys/home-folder.ts'
import { askHidden } from '../ask.ts'
import { canAsk, readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

/** Keeps a secret; its value comes from standard input or a hidden prompt, never from the command line. */
export const set = async (terminal: Terminal, name: string, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const value = canAsk(terminal, flags)
    ? await askHidden(terminal, `value of ${name} (not shown): `)
    : await readSecretValue(terminal.stdin)
  if (value === undefined || value === '') {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: `no value was given for ${name}`,
      why: 'it is read from standard input, so that it shows neither in the history nor among the processes',
      next: `printf %s "$VALUE" | ./ropewalk secret set ${name}`,
    })
  }
  makePrivateFolder(home)
  await setSecret(home, name, value)
  if (flags.json === true) terminal.out(JSON.stringify({ name }))
  else terminal.say(`Kept ${name}. Agents get it only where their file names it under secrets.`)
  return EXIT.ok
}

/** The names of the secrets, never a value. */
export const list = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const names = await listSecretNames(home)
  if (flags.json === true) terminal.out(JSON.stringify({ items: names.map((name) => ({ name })) }))
  else if (names.length === 0) terminal.say('No secrets are kept. Keep one with: ./ropewalk secret set NAME')
  else terminal.out(names.join('\n'))
  return EXIT.ok
}

export const remove = async (terminal: Terminal, name: string, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  await removeSecret(home, name)
  if (flags.json === true) terminal.out(JSON.stringify({ name }))
  else terminal.say(`Removed ${name}.`)
  return EXIT.ok
}
