import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'

/** A tool of the system that some tests use, with the package a person installs to have it. */
const TOOLS = {
  bwrap: { commands: ['bwrap'], args: ['--ro-bind', '/', '/', 'true'], from: 'bubblewrap' },
  tmux: { commands: ['tmux'], args: ['-V'], from: 'tmux' },
  chromium: { commands: ['chromium', 'chromium-browser'], args: ['--version'], from: 'chromium' },
  'redis-server': { commands: ['redis-server'], args: ['--version'], from: 'redis-server' },
  'nats-server': { commands: ['nats-server'], args: ['--version'], from: 'nats-server' },
} as const

export type SystemTool = keyof typeof TOOLS

const answers = new Map<SystemTool, string | undefined>()

function findReason(tool: SystemTool): string | undefined {
  const { commands, args, from } = TOOLS[tool]
  for (const command of commands) {
    const tried = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 })
    if (tried.status === 0) return undefined
    if (tried.error === undefined || !('code' in tried.error) || tried.error.code !== 'ENOENT') {
      return `${command} is there but does not work here: ${tried.stderr.trim().slice(0, 200)}`
    }
  }
  return `${tool} is not installed (package ${from})`
}

/**
 * Why tests with this tool cannot run here, or undefined when they can. The tool is really run once:
 * bubblewrap, for one, may be installed where the system forbids it.
 */
export function getMissingReason(tool: SystemTool): string | undefined {
  if (!answers.has(tool)) answers.set(tool, findReason(tool))
  return answers.get(tool)
}

/**
 * Whether this tool works here: `describe.skipIf(!needs('bwrap'))('…', …)`. A missing one is noted, with
 * its reason, for the summary that names what was skipped.
 */
export function needs(tool: SystemTool): boolean {
  const reason = getMissingReason(tool)
  return suits(reason === undefined, reason ?? '')
}

/** Whether the machine is one that some tests are for, `test.runIf(suits(isRoot, '…'))`; if not, why is noted. */
export function suits(isSuited: boolean, otherwise: string): boolean {
  const notes = process.env['ROPEWALK_TEST_NOTES']
  if (!isSuited && notes !== undefined) appendFileSync(notes, `${otherwise}\n`)
  return isSuited
}
