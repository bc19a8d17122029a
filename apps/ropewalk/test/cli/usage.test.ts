import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from './support/run-in-process.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-usage-'))
  mkdirSync(path.join(folder, 'home'), { mode: 0o700 })
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ ROPEWALK_HOME: path.join(folder, 'home') })

describe('a mistake on the command line ends with 64 and says what is expected', () => {
  test.each([
    [['nope'], "unknown command 'nope'", './ropewalk --help'],
    [['rnu', 'x'], "unknown command 'rnu'", './ropewalk --help'],
    [[], 'a command is missing', './ropewalk --help'],
    [['runs'], 'a command is missing', './ropewalk runs --help'],
    [['runs', 'show'], "missing required argument 'run'", './ropewalk runs show --help'],
    [
      ['runs', 'fork', 'last'],
      "required option '--from <phase>' not specified",
      './ropewalk runs fork --help',
    ],
    [['run', 'x', '--frobnicate'], "unknown option '--frobnicate'", './ropewalk run --help'],
    [['run', 'x', '--budget', '-1'], 'Expected US dollars', './ropewalk run --help'],
    [['run', 'x', '--budget', 'much'], 'Expected US dollars', './ropewalk run --help'],
    [['run', 'x', '--deadline', '-3'], 'Expected seconds', './ropewalk run --help'],
    [['run', 'x', '--clarification', 'maybe'], 'human, autonomous, hybrid', './ropewalk run --help'],
    [['up', '--port', '70000'], 'Expected a port', './ropewalk up --help'],
    [['artifacts', 'show', 'last'], "missing required argument 'name'", './ropewalk artifacts show --help'],
    [['run'], 'no idea was given', './ropewalk run "a link shortener with click counts"'],
    [['run', 'x', '--idea-file', 'y'], 'two ideas were given', 'Leave one of them out.'],
    [['run', '--idea-file', '/nowhere/idea.txt'], 'cannot read the idea', 'readable file'],
    [['plan', 'x', '--model', 'foo/bar'], 'Setting models (from the command line) is not valid', '--help'],
    [['answer', 'some-question'], 'no answer was given', './ropewalk answer some-question'],
    [['project'], 'a command is missing', './ropewalk project --help'],
    [['project', 'start'], 'no request was given', './ropewalk project start'],
    [
      ['project', 'start', 'x', '--file', '/nowhere/data.csv'],
      'cannot read /nowhere/data.csv',
      'CSV or XLSX',
    ],
    [['project', 'cancel'], "missing required argument 'project'", './ropewalk project cancel --help'],
    [['project', 'start', 'x', '--param', 'rate'], '"rate" sets no parameter', 'hourlyRate=40'],
    [
      ['project', 'params', 'set', 'last'],
      "missing required argument 'name=value'",
      './ropewalk project params set --help',
    ],
    [['backlog', 'add'], "missing required argument 'title'", './ropewalk backlog add --help'],
    [
      ['backlog', 'add', 'x', '--kind', 'saga'],
      'epic, feature, story, task',
      './ropewalk backlog add --help',
    ],
    [['backlog', 'add', 'x', '--priority', '9'], 'Expected 1 (first) to 5', './ropewalk backlog add --help'],
    [['backlog', 'move', 'x'], "required option '--parent <item>'", './ropewalk backlog move --help'],
    [['backlog', 'split', 'abcd', 'one'], 'two pieces or more', './ropewalk backlog split abcd'],
    [['backlog', 'cancel', 'abcd'], 'cancel wants a reason', './ropewalk backlog cancel abcd --why'],
    [['backlog', 'update', 'abcd'], 'nothing to change was named', './ropewalk backlog update abcd'],
    [['backlog', 'import'], 'nothing to import was named', './ropewalk backlog import items.yaml'],
    [['backlog', 'dispatch'], 'not clear what to give out', './ropewalk backlog dispatch --ready'],
    [['backlog', 'review', 'abcd', 'maybe'], 'approve, reject, needs-changes', 'backlog review --help'],
    [['approve', 'abcd', '--reject'], 'a rejection wants a reason', './ropewalk approve abcd --reject --why'],
    [['answer', 'abcd', '--file', '/nowhere/a.yaml'], 'cannot read /nowhere/a.yaml', 'readable file'],
    [['inbox', '--kind', 'mail'], 'budget, approval, question', './ropewalk inbox --help'],
    [['events', 'tail', '--run', 'last', '--project', 'last'], 'both a run and a project', 'one of them out'],
    [['events', 'tail', '--after', '-1'], 'Expected a position', './ropewalk events tail --help'],
    [['dlq', 'redrive'], 'not clear what to send again', './ropewalk dlq redrive --all'],
    [['dlq', 'drop', 'abcd'], "required option '--why <words>'", './ropewalk dlq drop --help'],
    [['runs', 'nope'], "unknown command 'nope'", './ropewalk runs --help'],
    [['thread'], 'a command is missing', './ropewalk thread --help'],
    [['thread', 'wake', 'last', 'ann'], "required option '--prompt", './ropewalk thread wake --help'],
    [['thread', 'post', 'last', 'x', '--event', 'finding_reported'], 'which finding', '--finding NAME'],
    [['thread', 'delete', 'last'], "unknown command 'delete'", './ropewalk thread --help'],
    [['token', 'create', '--agent', 'ann'], "required option '--role", './ropewalk token create --help'],
    [['session', 'show'], "missing required argument 'agent'", './ropewalk session show --help'],
    [['audit', 'list', '--limit', '0'], 'Expected a whole number', './ropewalk audit list --help'],
    [['policy', 'set', '--redaction', 'yes'], 'on, off', './ropewalk policy set --help'],
    [['mcp-servers', 'check'], "missing required argument 'name'", './ropewalk mcp-servers check --help'],
    [['worker', '--capability', 'cost,'], 'Expected names', './ropewalk worker --help'],
    [['secret', 'set', 'NAME'], 'no value was given for NAME', './ropewalk secret set NAME'],
    [['reset'], 'reset wants a confirmation', './ropewalk reset --yes'],
  ])('%j', async (argv, what, next) => {
    const told = await runInProcess(argv, { env: env() })
    expect(told.exit).toBe(64)
    expect(told.stdout).toBe('')
    expect(told.stderr).toContain(what)
    expect(told.stderr).toContain(next)
    expect(told.stderr).toMatch(/^ropewalk: .+\n( {2}why: .+\n)?( {2}next: .+\n)$/u)
  })

  test('with --json it is one object on standard error', async () => {
    const told = await runInProcess(['runs', 'show', '--json'], { env: env() })
    expect(told.stdout).toBe('')
    expect(JSON.parse(told.stderr)).toMatchObject({ type: 'error', code: 'INVALID_ARGUMENT', exit: 64 })
  })

  test('a command that is nearly right is named', async () => {
    expect((await runInProcess(['doctr'], { env: env() })).stderr).toContain('Did you mean doctor?')
  })
})

describe('help', () => {
  test('goes to standard output, ends with 0 and names every command', async () => {
    const told = await runInProcess(['--help'])
    expect(told.exit).toBe(0)
    expect(told.stderr).toBe('')
    for (const name of [
      'run',
      'plan',
      'up',
      'runs',
      'logs',
      'artifacts',
      'gate',
      'project',
      'backlog',
      'inbox',
      'answer',
      'approve',
      'events',
      'dlq',
      'relay',
      'ledger',
      'dossier',
      'cost',
      'secret',
      'doctor',
      'migrate',
      'reset',
    ])
      expect(told.stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'mu'))
    for (const code of ['4 not logged in', '64 wrong usage', '130 interrupted'])
      expect(told.stdout).toContain(code)
  })

  test.each([
    ['cancel', ['Agents at work', 'Leases end', 'reserved', 'no dossier']],
    ['pause', ['Agents at work', 'leases and reservations', 'clocks']],
    ['resume', ['lease has run out', 'Reservations', 'rounds']],
    ['retry', ['lease has run out', 'Reservations', 'rounds']],
  ])('of runs %s tells what becomes of agents, leases and reservations', async (name, words) => {
    const told = await runInProcess(['runs', name, '--help'])
    expect(told.exit).toBe(0)
    for (const word of words) expect(told.stdout).toContain(word)
  })

  test('says which options are needed', async () => {
    const { stdout } = await runInProcess(['thread', 'wake', '--help'], { env: env() })
    expect(stdout).toMatch(/--prompt <words> +what it is told \(needed\)/u)
    expect(stdout).not.toMatch(/--json.*needed/u)
  })

  test('loads nothing that works, and so comes at once', () => {
    const main = path.resolve(import.meta.dirname, '../../src/main.ts')
    const recorder = `import { registerHooks } from 'node:module'
      const urls = []
      registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context) } })
      process.on('exit', () => process.stderr.write(urls.join('\\n')))`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(recorder)}`, main, '--help'],
      { encoding: 'utf8' },
    )
    expect(stdout).toContain('Usage: ropewalk')
    expect(stderr).toContain('/cli/program/make-program.ts')
    expect(stderr).not.toMatch(
      /\/(zod|yaml|pino|pg|fastify|ai)\/|\/src\/(store|engine|http|worker|timers)\/|\/cli\/commands\//u,
    )
  })
})

describe('settings', () => {
  const readPlan = async (argv: readonly string[], extra: Readonly<Record<string, string>> = {}) => {
    const told = await runInProcess(['plan', 'an idea', '--json', ...argv], {
      env: { ...env(), ...extra },
      cwd: folder,
    })
    expect(told.stderr).toBe('')
    return JSON.parse(told.stdout) as {
      budgets: { capUsd: number }
      models: string[]
      clarification: string
      questionDeadlineMs: number
    }
  }

  test('a flag wins over the environment, that over the project, that over the home', async () => {
    const home = path.join(folder, 'home')
    expect((await readPlan([])).budgets.capUsd).toBe(5)
    writeFileSync(path.join(home, 'config.yaml'), 'budgetUsd: 1\n')
    expect((await readPlan([])).budgets.capUsd).toBe(1)
    mkdirSync(path.join(folder, '.ropewalk'))
    writeFileSync(path.join(folder, '.ropewalk', 'config.yaml'), 'budgetUsd: 2\n')
    expect((await readPlan([])).budgets.capUsd).toBe(2)
    expect((await readPlan([], { ROPEWALK_BUDGET: '3' })).budgets.capUsd).toBe(3)
    expect((await readPlan(['--budget', '4'], { ROPEWALK_BUDGET: '3' })).budgets.capUsd).toBe(4)
    expect((await readPlan(['--budget', '0'])).budgets.capUsd).toBe(0)
  })

  test('without a terminal questions take their default after 3 s, unless a mode or a deadline was named', async () => {
    expect((await readPlan([])).questionDeadlineMs).toBe(3000)
    expect((await readPlan(['--clarification', 'human'])).questionDeadlineMs).toBe(600_000)
    expect((await readPlan([], { ROPEWALK_CLARIFICATION: 'hybrid' })).questionDeadlineMs).toBe(600_000)
    expect((await readPlan(['--deadline', '20'])).questionDeadlineMs).toBe(20_000)
    expect((await readPlan([], { ROPEWALK_QUESTION_DEADLINE: '7' })).questionDeadlineMs).toBe(7000)
  })

  test('models are taken in their order', async () => {
    expect((await readPlan(['--model', 'anthropic/a,offline'])).models).toEqual(['anthropic/a', 'offline'])
    expect((await readPlan([], { ROPEWALK_MODEL: 'compatible/x' })).models).toEqual(['compatible/x'])
  })
})

test('a run whose model has no key ends with 4 before anything is started', async () => {
  const told = await runInProcess(['run', 'x', '--model', 'openai/some'], { env: env() })
  expect(told.exit).toBe(4)
  expect(told.stderr).toContain('OPENAI_API_KEY is not set')
  expect(told.stderr).toContain('✗ models')
  expect(told.stderr).not.toContain('\u001b')
})

test('a run that is to go on without us wants a server', async () => {
  const told = await runInProcess(['run', 'x', '--detach'], { env: env() })
  expect(told.exit).toBe(69)
  expect(told.stderr).toContain('./ropewalk up')
})
