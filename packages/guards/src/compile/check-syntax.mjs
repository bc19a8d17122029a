/**
 * Runs inside the sandbox: `node --check` for each file named on standard input, a few at a time.
 * Prints one JSON line a file. Nothing of the repository is executed, so this output can be believed.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const AT_ONCE = 2
const MAX_MESSAGE = 600

const check = (file) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--check', `./${file}`], { stdio: ['ignore', 'ignore', 'pipe'] })
    let message = ''
    child.stderr.on('data', (chunk) => {
      if (message.length < MAX_MESSAGE) message += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ file, ok: code === 0, message: message.slice(0, MAX_MESSAGE) }))
  })

const files = JSON.parse(readFileSync(0, 'utf8'))
const work = async () => {
  for (let file = files.shift(); file !== undefined; file = files.shift())
    process.stdout.write(`${JSON.stringify(await check(file))}\n`)
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
