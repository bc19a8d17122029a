import type { Config } from '../config.ts'
import {
  checkDatabase,
  checkDisk,
  checkGit,
  checkHome,
  checkModels,
  checkPort,
  checkSandbox,
  type Check,
} from './checks.ts'
import type { Paint, Terminal } from './terminal.ts'
import { EXIT, makeTrouble } from './trouble.ts'

const MARKS = { good: '✓', weak: '!', bad: '✗' } as const
const STYLES = { good: 'green', weak: 'yellow', bad: 'red' } as const

/** One check as a line, and its fix below it. */
export const layOutCheck = (paint: Paint, { name, standing, found, fix }: Check): string => {
  const line = `  ${paint(STYLES[standing], MARKS[standing])} ${name.padEnd(9)} ${found}`
  return fix === undefined ? line : `${line}\n      ${paint('dim', 'fix:')} ${fix}`
}

/**
 * Looks at what a run needs, on one screen. Throws when something that a run cannot do without is missing: with
 * the exit code of a missing login where no model can be called.
 */
export const runPreflight = async (terminal: Terminal, config: Config, isQuiet: boolean): Promise<void> => {
  const checks = [
    await checkModels(config),
    await checkGit(),
    await checkSandbox(config),
    checkHome(config),
    checkDisk(config),
    checkDatabase(config),
    await checkPort(config),
  ]
  if (!isQuiet) {
    terminal.say('preflight')
    for (const check of checks) terminal.say(layOutCheck(terminal.paint, check))
    terminal.say('')
  }
  const bad = checks.find(({ standing }) => standing === 'bad')
  if (bad === undefined) return
  throw makeTrouble({
    code: bad.exit === EXIT.notLoggedIn ? 'UNAUTHORIZED' : 'CONFLICT',
    what: `the run was not started: ${bad.name}`,
    why: bad.found,
    next: bad.fix ?? 'Run ./ropewalk doctor.',
    exit: bad.exit ?? EXIT.failure,
  })
}
