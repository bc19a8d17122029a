import { resolveDrizzle } from './cli/resolve-drizzle.ts'
import { runCli } from './cli/run-cli.ts'

// Before anything loads it, which no command does until it needs a database.
resolveDrizzle()

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
