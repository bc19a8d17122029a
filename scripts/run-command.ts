import { spawn } from 'node:child_process'

type CommandOptions = {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs: number
  /** Whether the output goes straight to the terminal; else it is kept and given back. */
  readonly show: boolean
}

type CommandResult = { readonly exitCode: number; readonly output: string }

/**
 * Runs one Node program with this same Node and gives its exit code (128 when a signal ended it, 124 after
 * `timeoutMs`). A signal to us stops it and rejects, so that nothing is left running.
 */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const stdio = options.show ? 'inherit' : (['ignore', 'pipe', 'pipe'] as const)
    const child = spawn(process.execPath, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: stdio as 'pipe',
    })
    const chunks: Buffer[] = []
    for (const stream of options.show ? [] : [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    }
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
    }, options.timeoutMs)
    let stoppedBy: string | undefined
    const stop = (signal: NodeJS.Signals) => {
      stoppedBy = signal
      child.kill('SIGTERM')
    }
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop)
      if (stoppedBy !== undefined) reject(new Error(`stopped by ${stoppedBy}`))
      const exitCode = isLate ? 124 : (code ?? 128)
      resolve({
        exitCode,
        output: Buffer.concat(chunks).toString() + (isLate ? '\n(stopped: too slow)' : ''),
      })
    })
  })
}
