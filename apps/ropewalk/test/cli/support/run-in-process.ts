import { PassThrough, Writable } from 'node:stream'
import { runCli } from '../../../src/cli/run-cli.ts'

export type Told = { readonly exit: number; readonly stdout: string; readonly stderr: string }

const makeSink = () => {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    },
  })
  return { stream, getText: () => text }
}

/** Runs one command line in this process, with no terminal, nothing on standard input and only this environment. */
export const runInProcess = async (
  argv: readonly string[],
  of: {
    readonly env?: Readonly<Record<string, string>>
    readonly cwd?: string
    readonly input?: string
  } = {},
): Promise<Told> => {
  const [stdout, stderr] = [makeSink(), makeSink()]
  const stdin = new PassThrough()
  stdin.end(of.input ?? '')
  const exit = await runCli({
    argv,
    env: { HOME: '/nonexistent', ...of.env },
    cwd: of.cwd ?? '/',
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout.stream,
    stderr: stderr.stream,
  })
  return { exit, stdout: stdout.getText(), stderr: stderr.getText() }
}
