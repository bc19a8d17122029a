import { RopewalkError } from '@ropewalk/core/errors'
import type { ProjectCommand } from '@ropewalk/core/contract/documents/repo-context'
import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import type { CommitFiles } from '../read-commit.ts'
import { parseCommandLine } from './command-line.ts'
import type { CommandName } from './findings.ts'

/** Where a project names its own commands. What stands here wins over what is found. */
export const COMMANDS_PATH = '.ropewalk/commands.yaml'

const Command = z
  .union([z.string().min(1).max(2000), z.array(z.string().min(1).max(300)).min(1).max(60)])
  .nullable()

const Declared = z.strictObject({
  build: Command.optional(),
  test: Command.optional(),
  lint: Command.optional(),
  start: Command.optional(),
  test_runner: z.string().min(1).max(160).optional(),
})

export type DeclaredCommands = {
  /** Null where the project says that it has none. */
  readonly commands: Readonly<Partial<Record<CommandName, ProjectCommand | null>>>
  readonly testRunner: string | undefined
}

const refuse = (where: string, problem: string): never => {
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `${COMMANDS_PATH}${where}: ${problem} Write one command each under build, test, lint and start, such as "test: npm test" or "test: [node, --test]".`,
    { details: { file: COMMANDS_PATH } },
  )
}

/** Aliases are not followed: a few of them can stand for more than fits into memory. */
const toValue = (document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return refuse('', 'aliases are not followed here.')
  }
}

const NAMES: readonly CommandName[] = ['build', 'test', 'lint', 'start']

/** The commands that the project names itself. Throws INVALID_ARGUMENT with the line where the file is wrong. */
export const readDeclaredCommands = async (files: CommitFiles): Promise<DeclaredCommands> => {
  const text = await files.readText(COMMANDS_PATH)
  if (text === undefined) return { commands: {}, testRunner: undefined }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [broken] = document.errors
  if (broken !== undefined) refuse(`, line ${lines.linePos(broken.pos[0]).line}`, 'it is not valid YAML.')
  const parsed = Declared.safeParse(toValue(document) ?? {})
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(
      `, ${issue?.path.map(String).join('.') || 'top level'}`,
      `${issue?.message ?? 'it breaks its form'}.`,
    )
  }
  const commands: Partial<Record<CommandName, ProjectCommand | null>> = {}
  for (const name of NAMES) {
    const given = parsed.data[name]
    if (given === undefined) continue
    const argv = typeof given === 'string' ? parseCommandLine(given) : given
    if (argv === undefined)
      return refuse(
        `, ${name}`,
        'it needs a shell, and commands are run without one; put it into a script and name that.',
      )
    commands[name] = argv === null ? null : { argv: [...argv], source: `${COMMANDS_PATH}#/${name}` }
  }
  return { commands, testRunner: parsed.data.test_runner }
}
