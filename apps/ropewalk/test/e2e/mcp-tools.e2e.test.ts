import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setSecret } from '../../src/secrets/secrets.ts'
import { cutPlaybook } from '../support/cut-playbook.ts'
import { getGoodReply, startModelServer, type ModelServer } from '../support/model-server.ts'
import { getModelEnv, pick } from '../support/models.ts'
import { CONFINEMENT, makeProgramHome, type ProgramHome } from '../support/program.ts'

const SECRET = 'tok-5f2c9a1e7b'
const PROGRAM = path.resolve(import.meta.dirname, '../worker/agents/mcp/support/stdio-server.ts')

let server: ModelServer
let program: ProgramHome

beforeAll(async () => {
  server = await startModelServer()
  program = await makeProgramHome('short')
  await setSecret(program.home, 'TOKEN', SECRET)
  writeFileSync(
    path.join(program.home, 'mcp-servers.yaml'),
    `servers:
  local:
    workspaces: [default]
    phases: [intake]
    tools: [add, who]
    transport:
      kind: stdio
      argv: [${JSON.stringify(process.execPath)}, ${JSON.stringify(PROGRAM)}]
      env: { API_TOKEN: { secret: TOKEN } }
`,
  )
})

afterAll(async () => {
  await program.remove()
  await server.stop()
})

/** Files of the home, its database's too, that hold the text. */
const listHolding = (text: string): string[] =>
  program.kept.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((name) => path.join(folder, String(name)))
      .filter((file) => lstatSync(file).isFile() && readFileSync(file).includes(text)),
  )

it('a run calls a tool of a registered server, is refused another, and keeps no secret of it', async () => {
  server.setScript((request) => {
    const calls = [
      { name: 'mcp__local__who', input: {} },
      { name: 'mcp__local__quit', input: {} },
    ]
    const call = request.agent === 'intake' ? calls[request.toolResults] : undefined
    return call === undefined ? getGoodReply(request) : { type: 'tools', calls: [call] }
  })
  const playbook = cutPlaybook(program, 'with servers', {
    kept: [['intake', ['intake', 'constraints', 'requirements']]],
    edits: [
      {
        file: 'phases/intake.yaml',
        from: 'allowlisted_tools: [ artifact.read ]',
        to: 'allowlisted_tools: [ artifact.read, "mcp:local/*" ]',
      },
      {
        file: 'agents/intake/intake.md',
        from: /^tools: .*$/gmu,
        to: 'tools: [ "mcp:local/who", "mcp:local/quit" ]',
      },
    ],
  })
  const run = await program.follow(
    ['run', 'a link shortener', '--json', '--clarification', 'autonomous', ...CONFINEMENT],
    { ...getModelEnv(server, 'openai/test-model'), ROPEWALK_PLAYBOOK: playbook },
  )
  expect(pick(run, 'tool.refused')).toMatchObject([{ tool: 'mcp:local/quit' }])
  const texts = server.requests.map(({ text }) => text).join('\n')
  expect(texts).toContain(
    'secret [secret], variables API_TOKEN HOME LANG PATH ROPEWALK_COMMAND TMPDIR, home ',
  )
  const { stdout } = await program.run(['logs', run.runId])
  expect(stdout).toMatch(/tool mcp:local\/who \(server local 1\.2\.3\): \d+ bytes/u)
  expect(`${texts}${program.getWritten()}`).not.toContain(SECRET)
  expect(listHolding(SECRET)).toEqual([path.join(program.home, 'keys', 'secrets.json')])
})
